"""Batches: cuts an upsert into the requests that Pinecone accepts; the bridge's one place for its 2 MB rule.

Figures: Pinecone's "Database limits" page. "2 MB" is the sum of what the records weigh: 4 bytes a dense value,
8 a sparse one (its position and itself), and the bytes of the metadata. The body of the request is longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import orjson
from pinecone import Vector

from bridge.plugin import JSON, Written

MAX_VECTORS: Final = 1000
MAX_BYTES: Final = 2_000_000  # "2 MB" read the strict way: whichever way Pinecone counts, it fits


def batches(vectors: Sequence[JSON]) -> Iterator[list[Any]]:
    """Cut records into requests of at most 1,000 records and 2 MB, in their order, without copying them.

    One whose values are Written becomes the SDK's own vector. A record that is too large alone gets a request of
    its own: Pinecone's refusal then names it.
    """
    batch: list[Any] = []
    weight = 0
    for vector in vectors:
        size = size_of(vector)
        if batch and (weight + size > MAX_BYTES or len(batch) == MAX_VECTORS):
            yield batch
            batch, weight = [], 0
        batch.append(_as_written(vector) if isinstance(vector.get("values"), Written) else vector)
        weight += size
    if batch:
        yield batch


def size_of(vector: JSON) -> int:
    """Return the bytes a record weighs towards the 2 MB: a vector by its values, a text record by its fields."""
    if "_id" in vector:  # a record of text, whose fields are its metadata
        return len(orjson.dumps(vector))
    size = 4 * len(vector.get("values") or ())
    if sparse := vector.get("sparse_values"):
        size += 8 * len(sparse["indices"])
    if metadata := vector.get("metadata"):
        size += len(orjson.dumps(metadata))
    return size


def _as_written(vector: JSON) -> Vector:
    """Return a vector that the SDK takes on trust: it looks through the numbers of any other."""
    return Vector(**{**vector, "values": orjson.Fragment(vector["values"].text)})
