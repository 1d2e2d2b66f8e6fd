"""Owns the checks of vectors and metadata that come in, with the service's wording.

Everything here raises InvalidArgumentError. A dense vector becomes float32, a sparse one is sorted by index.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from pinecone_emulator import limits
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.names import check_record_id
from pinecone_emulator.record import Record, Sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pinecone_emulator.model import Blueprint
    from pinecone_emulator.payload import Payload

NUMBERS = frozenset({int, float})


def records_of(vectors: list[Any], blueprint: Blueprint) -> list[Record]:
    """Return the records of an upsert, each id once, the last one winning."""
    if not vectors:
        raise InvalidArgumentError("Bad request. The field vectors must not be empty.")
    if len(vectors) > limits.UPSERT_VECTORS:
        raise InvalidArgumentError(
            f"The number of vectors in an upsert must be at most {limits.UPSERT_VECTORS}, got {len(vectors)}."
        )
    records = checked(vectors, blueprint)
    check_size(records)
    return records


def checked(vectors: list[Any], blueprint: Blueprint) -> list[Record]:
    """Return the records of vectors, however many, each id once, the last one winning."""
    for vector in vectors:
        _check_shape(vector, blueprint)
    if blueprint.dimension is None:
        rows: list[NDArray[np.float32] | None] = [None] * len(vectors)
    else:
        rows = list(dense_rows([vector["values"] for vector in vectors], blueprint))
    records = {
        vector["id"]: _record(vector, dense, blueprint) for vector, dense in zip(vectors, rows, strict=True)
    }
    return list(records.values())


def check_size(records: list[Record]) -> None:
    """Refuse an upsert that weighs more than the service takes."""
    size = sum(
        limits.record_bytes(
            0 if record.dense is None else len(record.dense),
            0 if record.sparse is None else len(record.sparse.indices),
            len(record.metadata_json),
        )
        for record in records
    )
    if size > limits.UPSERT_BYTES:
        raise InvalidArgumentError(
            f"Request size {size / 1024 / 1024:.2f}MB exceeds the maximum supported size of 2MB."
        )


def _check_shape(vector: Any, blueprint: Blueprint) -> None:
    if not isinstance(vector, dict):
        raise InvalidArgumentError("Bad request. Each vector must be an object.")
    record_id = vector.get("id")
    if not isinstance(record_id, str):
        raise InvalidArgumentError("Bad request. Each vector must have an id that is a string.")
    check_record_id(record_id)
    values = vector.get("values")
    without_values = values is None or (isinstance(values, list | np.ndarray) and not len(values))
    if blueprint.vector_type == "sparse" and not without_values:
        raise InvalidArgumentError("Sparse indexes do not support dense vectors.")
    if blueprint.vector_type == "sparse" and vector.get("sparseValues") is None:
        raise InvalidArgumentError(
            f"Sparse vector must contain at least one value, for vector {record_id[:80]!r}."
        )
    if blueprint.vector_type == "dense" and without_values:
        raise InvalidArgumentError(
            f"Vector dimension 0 does not match the dimension of the index {blueprint.dimension}"
        )


def _record(vector: dict[str, Any], dense: NDArray[np.float32] | None, blueprint: Blueprint) -> Record:
    sparse_values = vector.get("sparseValues")
    sparse = None if sparse_values is None else sparse_of(sparse_values, blueprint)
    return Record(vector["id"], dense, sparse, *metadata_of(vector.get("metadata")))


def dense_of(values: Any, blueprint: Blueprint) -> NDArray[np.float32]:
    """Return a dense vector of the index's dimension."""
    row: NDArray[np.float32] = dense_rows([values], blueprint)[0]
    return row


def queried(values: list[Any], blueprint: Blueprint) -> NDArray[np.float32]:
    """Return the dense vector of a query.

    A list of one embedding is that embedding: embedding clients return one, and Pinecone's samples pass it on.
    """
    return dense_of(values[0] if len(values) == 1 and isinstance(values[0], list) else values, blueprint)


def check_tuning(payload: Payload, top_k: int) -> None:
    """Refuse what tunes a search of dedicated nodes where it is out of range; an exact search has no use for it."""
    factor, candidates = payload.number("scanFactor"), payload.integer("maxCandidates")
    low, high = limits.SCAN_FACTOR
    if factor is not None and not low <= factor <= high:
        raise InvalidArgumentError(f"Bad request. scanFactor must be between {low} and {high}.")
    if candidates is not None and not top_k <= candidates <= limits.CANDIDATES:
        raise InvalidArgumentError(
            f"Bad request. maxCandidates must be between topK and {limits.CANDIDATES}, got {candidates}."
        )


def dense_rows(vectors: list[Any], blueprint: Blueprint) -> NDArray[np.float32]:
    """Return dense vectors of the index's dimension, one a row; each is a list or what `bulk` made of one."""
    for values in vectors:
        if not isinstance(values, list | np.ndarray):
            raise InvalidArgumentError("Bad request. Vector values must be a list of numbers.")
        if blueprint.dimension is None:
            raise InvalidArgumentError("Sparse indexes do not support dense vectors.")
        if len(values) != blueprint.dimension:
            raise InvalidArgumentError(
                f"Vector dimension {len(values)} does not match the dimension of the index {blueprint.dimension}"
            )
    dense = _float32(vectors, blueprint.dimension or 0)
    if not (np.abs(dense) >= limits.SMALLEST_MAGNITUDE).any(axis=1).all():
        raise InvalidArgumentError("Dense vectors must contain at least one non-zero value.")
    return dense


def _float32(rows: list[Any], width: int) -> NDArray[np.float32]:
    wide = np.empty((len(rows), width))
    # struct reads a list of floats several times faster than numpy does.
    pack = struct.Struct(f"{width}d").pack_into
    try:
        for place, row in enumerate(rows):
            if isinstance(row, list):
                pack(wide.data, place * wide.strides[0], *row)
            else:
                wide[place] = row
    except OverflowError as error:
        raise InvalidArgumentError("Vector values must be finite numbers in the range of float32.") from error
    except struct.error as error:
        raise InvalidArgumentError("Bad request. Vector values must be a list of numbers.") from error
    # It takes true for 1 and false for 0: only where these are can one have been.
    for place in np.flatnonzero(((wide == 0) | (wide == 1)).any(axis=1)).tolist():
        if isinstance(rows[place], list) and not NUMBERS.issuperset(map(type, rows[place])):
            raise InvalidArgumentError("Bad request. Vector values must be a list of numbers.")
    with np.errstate(over="ignore"):
        narrow = wide.astype(np.float32)
    if not np.isfinite(narrow).all():
        raise InvalidArgumentError("Vector values must be finite numbers in the range of float32.")
    return narrow


def sparse_of(value: Any, blueprint: Blueprint) -> Sparse:
    """Return a sparse vector that is allowed on this index."""
    if not isinstance(value, dict):
        raise InvalidArgumentError("Bad request. Sparse values must be an object of indices and values.")
    if blueprint.metric != "dotproduct":
        raise InvalidArgumentError(
            "Index configuration does not support sparse values - only dotproduct does."
        )
    return sparse_pair(value.get("indices"), value.get("values"))


def sparse_pair(indices: Any, values: Any) -> Sparse:
    """Return a sparse vector of two lists of equal length, its indices being distinct and below 2^32."""
    if not isinstance(indices, list) or set(map(type, indices)) - {int}:
        raise InvalidArgumentError("Bad request. Sparse indices must be a list of integers.")
    if not isinstance(values, list) or not NUMBERS.issuperset(map(type, values)):
        raise InvalidArgumentError("Bad request. Sparse values must be a list of numbers.")
    if len(indices) != len(values):
        raise InvalidArgumentError("Sparse vector must have the same number of indices and values.")
    if not 1 <= len(indices) <= limits.SPARSE_VALUES:
        raise InvalidArgumentError(f"Sparse vector must contain 1 to {limits.SPARSE_VALUES} values.")
    if min(indices) < 0 or max(indices) > limits.SPARSE_INDEX:
        raise InvalidArgumentError("Sparse indices must be in the range 0 to 4294967295.")
    if len(set(indices)) != len(indices):
        raise InvalidArgumentError("Sparse vector must not contain duplicate indices.")
    numbers = _float32([values], len(values))[0]
    if not (np.abs(numbers) > 0).any():
        raise InvalidArgumentError("Sparse vector must contain at least one non-zero value.")
    order = np.argsort(np.array(indices, np.uint32))
    return Sparse(np.array(indices, np.uint32)[order], numbers[order])


def metadata_of(metadata: Any) -> tuple[dict[str, Any] | None, bytes]:
    """Return metadata and its JSON, (None, b"") for none or an empty object."""
    if metadata is None or metadata == {}:
        return None, b""
    if not isinstance(metadata, dict):
        raise InvalidArgumentError("Bad request. Metadata must be an object.")
    for name, value in metadata.items():
        _check_metadata_value(name, value)
    # A copy, because what orjson gives keeps the room it was written in, 4 KB for the least.
    data = bytes(memoryview(orjson.dumps(metadata)))
    if len(data) > limits.METADATA_BYTES:
        raise InvalidArgumentError(
            f"Metadata size is {len(data)} bytes, which exceeds the limit of {limits.METADATA_BYTES} bytes per vector"
        )
    return metadata, data


def _check_metadata_value(name: str, value: Any) -> None:
    if name.startswith("$"):
        raise InvalidArgumentError(f"Metadata field names may not begin with '$', got {name[:80]!r}.")
    if isinstance(value, str | bool | int | float):
        return
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return
    shown = orjson.dumps(value).decode()
    raise InvalidArgumentError(
        f"Metadata value must be a string, number, boolean or list of strings, got '{shown[:20]}' for field '{name[:80]}'"
    )
