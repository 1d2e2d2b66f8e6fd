"""Owns the request parts that several versions share word for word."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.model import Blueprint, EmbedRequest, Metric, NewModelIndex, ReadCapacity
from pinecone_emulator.names import check_field_names

if TYPE_CHECKING:
    from pinecone_emulator.model import IndexView
    from pinecone_emulator.payload import Payload
    from pinecone_emulator.versions.deployments import Place

#: The largest int32, as which the specs declare replicas and shards.
MOST_NODES = 2**31 - 1
METRICS = ("cosine", "euclidean", "dotproduct")


def checked_metric(metric: str) -> Metric:
    """Return the metric if it is one; raise InvalidArgumentError if not."""
    if metric not in METRICS:
        raise InvalidArgumentError(
            f"Bad request. Invalid metric {metric[:80]!r}. Must be one of {', '.join(METRICS)}."
        )
    return cast("Metric", metric)


def classic_blueprint(payload: Payload, place: Place, fields: tuple[str, ...] | None) -> Blueprint:
    """Read dimension, metric and vector_type of a create request before 2026-07, for an index at this place."""
    kind = payload.choice("vector_type", ("dense", "sparse")) or "dense"
    metric, dimension = payload.text("metric"), payload.integer("dimension")
    where: dict[str, Any] = {
        "environment": place.environment,
        "pod": place.pod,
        "filterable_fields": fields or place.indexed,
    }
    if kind == "sparse":
        if place.pod is not None:
            raise InvalidArgumentError("Bad request. Sparse indexes must be serverless.")
        if dimension is not None:
            raise InvalidArgumentError("Bad request. A sparse index must not have a dimension.")
        if checked_metric(metric or "dotproduct") != "dotproduct":
            raise InvalidArgumentError("Bad request. A sparse index must have the metric dotproduct.")
        return Blueprint("sparse", None, "dotproduct", place.cloud, place.region, **where)
    dimension = payload.need("dimension", dimension)
    return Blueprint(
        "dense", dimension, checked_metric(metric or "cosine"), place.cloud, place.region, **where
    )


def deletion_protection(payload: Payload) -> bool | None:
    """Read deletion_protection as a boolean, None if absent."""
    value = payload.choice("deletion_protection", ("enabled", "disabled"))
    return None if value is None else value == "enabled"


def filterable_fields(schema: Payload | None) -> tuple[str, ...] | None:
    """Read a MetadataSchema: the names of its fields, each of which must be filterable."""
    if schema is None:
        return None
    fields = schema.need("fields", schema.object("fields"))
    for name in fields.data:
        options = fields.need(name, fields.object(name))
        if options.boolean("filterable") is not True:
            raise InvalidArgumentError(
                f"Field '{name[:80]}' is set to filterable: false. Only filterable: true is supported."
            )
    return check_field_names(list(fields.data))


def embed_request(payload: Payload) -> EmbedRequest:
    """Read the `embed` part of create-for-model and of configure before 2026-07."""
    return EmbedRequest(
        model=payload.text("model"),
        field=_mapped_field(payload.text_map("field_map")),
        metric=payload.choice("metric", METRICS),
        dimension=payload.integer("dimension"),
        read_parameters=payload.plain_object("read_parameters"),
        write_parameters=payload.plain_object("write_parameters"),
    )


def _mapped_field(field_map: dict[str, str] | None) -> str | None:
    if field_map is None:
        return None
    if list(field_map) != ["text"] or not field_map["text"]:
        raise InvalidArgumentError('Bad request. field_map must have the single key "text".')
    return field_map["text"]


def model_index(payload: Payload, fields: tuple[str, ...] | None, capacity: ReadCapacity) -> NewModelIndex:
    """Read CreateIndexForModelRequest, given the parts that not every version has."""
    embed = payload.need("embed", payload.object("embed"))
    embed.need("model", embed.text("model"))
    embed.need("field_map", embed.text_map("field_map"))
    return NewModelIndex(
        name=payload.need("name", payload.text("name")),
        cloud=payload.need("cloud", payload.text("cloud")),
        region=payload.need("region", payload.text("region")),
        embed=embed_request(embed),
        tags=payload.text_map("tags") or {},
        deletion_protection=deletion_protection(payload) or False,
        read_capacity=capacity,
        filterable_fields=fields,
    )


def read_capacity(payload: Payload | None, *, partial: bool = False) -> ReadCapacity | None:
    """Read ReadCapacity; `partial` (a patch) may leave dedicated parts out, which are then None."""
    if payload is None:
        return None
    if payload.need("mode", payload.choice("mode", ("OnDemand", "Dedicated"))) == "OnDemand":
        return ReadCapacity()
    dedicated = payload.need("dedicated", payload.object("dedicated"))
    manual = dedicated.object("manual")
    scaling = dedicated.choice("scaling", ("Manual",))
    if (manual is None) != (scaling is None):
        raise InvalidArgumentError("Bad request. scaling and manual must be given together.")
    capacity = ReadCapacity(
        "Dedicated",
        dedicated.choice("node_type", ("b1", "t1")),
        None if manual is None else manual.integer("replicas"),
        None if manual is None else manual.integer("shards"),
    )
    if not partial and None in (capacity.node_type, capacity.replicas, capacity.shards):
        raise InvalidArgumentError(
            "Bad request. Dedicated read capacity needs node_type, scaling and manual."
        )
    replicas, shards = capacity.replicas, capacity.shards
    if not 0 <= (replicas or 0) <= MOST_NODES or not 1 <= (1 if shards is None else shards) <= MOST_NODES:
        raise InvalidArgumentError("Bad request. replicas must be 0 or more and shards 1 or more.")
    return capacity


def read_capacity_body(view: IndexView) -> dict[str, Any]:
    """Return ReadCapacityResponse; the current figures are null until nodes have first been provided."""
    capacity, state, serving = view.index.read_capacity, view.read_state, view.serving_capacity
    if capacity.mode == "OnDemand":
        return {"mode": "OnDemand", "status": {"state": state}}
    return {
        "mode": "Dedicated",
        "dedicated": {
            "node_type": capacity.node_type,
            "scaling": "Manual",
            "manual": {"replicas": capacity.replicas, "shards": capacity.shards},
        },
        "status": {
            "state": state,
            "current_replicas": serving.replicas if serving else None,
            "current_shards": serving.shards if serving else None,
        },
    }
