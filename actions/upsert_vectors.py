"""Writes vectors: as many as are given, in requests of the size that Pinecone takes."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from actions import DEFAULT_NAMESPACE, MAX_METADATA_BYTES, refuse, vector_shape
from actions.shared.sending import sent
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Check every vector against the index, then send; a vector whose id is there already replaces it."""
    vectors = input["vectors"]
    shape = vector_shape(context, input["index"])
    misfits = (
        fault
        for place, vector in enumerate(vectors)
        for fault in shape.faults(
            vector.get("values") or (),
            vector.get("sparse_values"),
            f"/vectors/{place}/values",
            f"/vectors/{place}/sparse_values",
        )
    )
    refuse(misfits, DimensionMismatch)
    refuse(_faults(vectors))
    index = context.index(input["index"])
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    written, requests = sent(
        context.batches(vectors),
        lambda batch: index.upsert(vectors=batch, namespace=namespace).upserted_count,
        len(vectors),
        "vectors were written",
    )
    return {"upserted_count": written, "request_count": requests, "namespace": namespace}


def _faults(vectors: list[JSON]) -> Iterator[Fault]:
    """Tell what no index takes, and ids that are given twice: which one counts would be chance."""
    seen: dict[str, int] = {}
    for place, vector in enumerate(vectors):
        first = seen.setdefault(vector["id"], place)
        if first != place:
            yield Fault(f"/vectors/{place}/id", f"is the id of /vectors/{first} too")
        values = vector.get("values")
        if not values and not vector.get("sparse_values"):
            yield Fault(f"/vectors/{place}", "has neither values nor sparse_values")
        elif values and not any(values):
            yield Fault(f"/vectors/{place}/values", "is zero throughout: it points nowhere")
        metadata = vector.get("metadata")
        if metadata and (size := len(orjson.dumps(metadata))) > MAX_METADATA_BYTES:
            yield Fault(
                f"/vectors/{place}/metadata", f"weighs {size} bytes; the most is {MAX_METADATA_BYTES}"
            )
