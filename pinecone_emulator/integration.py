"""Owns integrated embedding: which model, field and parameters an index may have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.gallery import EmbedModel, embed_model
from pinecone_emulator.model import Blueprint, Embed

if TYPE_CHECKING:
    from pinecone_emulator.model import EmbedRequest, NewModelIndex

DEFAULT_PARAMETERS: dict[str, Any] = {"truncate": "END"}


def model_blueprint(new: NewModelIndex) -> Blueprint:
    """Return what an index for a model is. Raises NotFoundError for the model, InvalidArgumentError."""
    model = embed_model(new.embed.model or "")
    metric = new.embed.metric or model.metrics[0]
    if metric not in model.metrics:
        raise InvalidArgumentError(
            f"Bad request. Model {model.name} does not support the metric {metric[:40]}."
        )
    dimension = new.embed.dimension or model.default_dimension
    if dimension is not None and dimension not in model.dimensions:
        raise InvalidArgumentError(
            f"Bad request. Model {model.name} does not support the dimension {dimension}."
        )
    return Blueprint(
        vector_type=model.vector_type,
        dimension=dimension,
        metric=next(name for name in model.metrics if name == metric),
        cloud=new.cloud,
        region=new.region,
        embed=_embed(model, new.embed, None),
        filterable_fields=new.filterable_fields,
    )


def changed_embed(blueprint: Blueprint, change: EmbedRequest) -> Embed:
    """Return an index's embedding after a configure, which may also add one. Raises InvalidArgumentError."""
    before = blueprint.embed
    name = change.model or (before.model if before else None)
    if name is None:
        raise InvalidArgumentError(
            "Bad request. embed.model is required to add an embedding model to an index."
        )
    if before is not None and name != before.model:
        raise InvalidArgumentError("Bad request. The embedding model of an index cannot be changed once set.")
    model = embed_model(name)
    fits = blueprint.dimension in model.dimensions if model.dimensions else blueprint.vector_type == "sparse"
    if not fits or blueprint.metric not in model.metrics:
        raise InvalidArgumentError(
            f"Bad request. Model {model.name} does not fit the index's dimension or metric."
        )
    return _embed(model, change, before)


def _embed(model: EmbedModel, request: EmbedRequest, before: Embed | None) -> Embed:
    field = request.field or (before.field if before else None)
    if field is None:
        raise InvalidArgumentError("Bad request. embed.field_map is required.")
    reading = before.read_parameters if before else {"input_type": "query", **DEFAULT_PARAMETERS}
    writing = before.write_parameters if before else {"input_type": "passage", **DEFAULT_PARAMETERS}
    return Embed(
        model.name,
        field,
        {**reading, **checked_parameters(model, request.read_parameters)},
        {**writing, **checked_parameters(model, request.write_parameters)},
    )


def checked_parameters(model: EmbedModel, parameters: dict[str, Any] | None) -> dict[str, Any]:
    """Return a model's parameters if it takes them; raise InvalidArgumentError if not."""
    allowed: dict[str, tuple[Any, ...]] = {
        "input_type": ("query", "passage"),
        "truncate": ("END", "NONE", "START"),
    }
    if model.dimensions:
        allowed["dimension"] = model.dimensions
    else:
        allowed["return_tokens"] = (True, False)
    for name, value in (parameters or {}).items():
        if name not in allowed:
            raise InvalidArgumentError(f"Model {model.name} does not take the parameter {name[:80]!r}.")
        if not any(
            value is option or (type(value) is type(option) and value == option) for option in allowed[name]
        ):
            options = ", ".join(str(option) for option in allowed[name])
            raise InvalidArgumentError(
                f"Invalid value {value!r:.80} for the parameter {name!r} of {model.name}. Must be one of {options}."
            )
    return parameters or {}
