"""How an index is created: what of an order cannot be, and what an index that is there has otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bridge.errors import Fault
from bridge.plugin import JSON, Context

if TYPE_CHECKING:
    from pinecone.models.indexes.index import IndexModel

TAKEN: Final = 409


def create(context: Context, order: JSON) -> IndexModel:
    """Send the order; return the index as soon as Pinecone has accepted it: it is not ready yet."""
    with naming(order["name"]):
        return _created(context, order)


def _created(context: Context, order: JSON) -> IndexModel:
    rest = {name: order[name] for name in ("deletion_protection", "tags", "read_capacity") if order.get(name)}
    where = {"cloud": order["cloud"], "region": order["region"]}
    if "embed" in order:
        return context.pinecone.indexes.create_for_model(
            name=order["name"], embed=order["embed"], **where, **rest, timeout=-1
        )
    deployment = {"deployment_type": "managed", **where}
    if "byoc_environment" in order:
        deployment = {"deployment_type": "byoc", "environment": order["byoc_environment"]}
    return context.pinecone.indexes.create(
        name=order["name"],
        vector_type=order.get("vector_type", "dense"),
        dimension=order.get("dimension"),
        metric=order.get("metric"),
        deployment=deployment,
        **rest,
        timeout=-1,
    )


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Add to Pinecone's conflict which name is taken: it says only that something is there already."""
    try:
        yield
    except Exception as error:
        if getattr(error, "status_code", None) == TAKEN:
            error.add_note(f"the name {name!r} is taken")
        raise


def faults(order: JSON) -> Iterator[Fault]:
    """Tell what does not go together."""
    given = [name for name in ("vector_type", "dimension", "metric") if name in order]
    if "embed" in order:
        told = "does not go with embed, whose model decides; embed takes a dimension and a metric of its own"
        yield from (Fault(f"/{name}", told) for name in given)
        if "byoc_environment" in order:
            yield Fault("/byoc_environment", "does not go with embed, which Pinecone runs in its own cloud")
    elif order.get("vector_type") == "sparse":
        if "dimension" in given:
            yield Fault("/dimension", "does not go with sparse vectors")
        if order.get("metric", "dotproduct") != "dotproduct":
            yield Fault("/metric", "must be dotproduct for sparse vectors")
    elif "dimension" not in given:
        yield Fault("/dimension", "is required for dense vectors")


def differences(order: JSON, index: JSON) -> Iterator[Fault]:
    """Tell in what an index that is there (schemas/common/index.json) is not what is asked for."""
    embed = order.get("embed", {})
    wanted = {
        "/dimension": (order.get("dimension"), index["dimension"]),
        "/metric": (order.get("metric"), index["metric"]),
        "/embed/model": (embed.get("model"), index["embed_model"]),
        "/embed/field_map/text": (embed.get("field_map", {}).get("text"), index["embed_field"]),
        "/vector_type": (None if embed else order.get("vector_type", "dense"), index["vector_type"]),
    }
    for pointer, (asked, there) in wanted.items():
        if asked is not None and asked != there:
            yield Fault(pointer, f"is {asked}; the index of that name that is there has {there or 'none'}")
