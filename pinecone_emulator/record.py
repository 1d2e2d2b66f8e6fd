"""Owns one record of the data plane, checked and ready to store, and its form in the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PAIR = np.dtype([("index", "<u4"), ("value", "<f4")])


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: ascending distinct indices below 2^32 and their float32 values."""

    indices: NDArray[np.uint32]
    values: NDArray[np.float32]

    def to_bytes(self) -> bytes:
        """Return 8 bytes a value: the index, then the value."""
        pairs = np.empty(len(self.indices), PAIR)
        pairs["index"], pairs["value"] = self.indices, self.values
        return pairs.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Sparse:
        """Read what `to_bytes` wrote."""
        pairs = np.frombuffer(data, PAIR)
        return cls(pairs["index"].copy(), pairs["value"].copy())

    def to_wire(self) -> dict[str, Any]:
        """Return the vector operations' SparseValues."""
        return {"indices": self.indices.tolist(), "values": np.ascontiguousarray(self.values)}


@dataclass(frozen=True, slots=True)
class Record:
    """One record: an id, a dense and/or a sparse vector, and metadata (None: none was given)."""

    id: str
    dense: NDArray[np.float32] | None
    sparse: Sparse | None
    metadata: dict[str, Any] | None
    metadata_json: bytes = field(default=b"")

    def row(self, pk: int) -> tuple[int, str, bytes | None, bytes | None, bytes | None]:
        """Return the record as a row of the table `records`."""
        return (
            pk,
            self.id,
            None if self.dense is None else self.dense.tobytes(),
            None if self.sparse is None else self.sparse.to_bytes(),
            self.metadata_json or None,
        )
