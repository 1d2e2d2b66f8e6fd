"""Owns one namespace in memory: its records by slot, ready for exact search and filtering.

It holds no lock and knows no database: `engine.py` guards it and writes to disk first.
"""

from __future__ import annotations

import bisect
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from pinecone_emulator.columns import Columns
from pinecone_emulator.grow import Column, Matrix
from pinecone_emulator.postings import Postings
from pinecone_emulator.record import Record, Sparse

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pinecone_emulator.filters import Filter

    #: A row of the table `records` but for its key: id, dense, sparse and metadata, as `Record.row` gives them.
    Row = tuple[str, bytes | None, bytes | None, bytes | None]


class Namespace:
    """The records of one namespace; a record keeps its slot for life, a freed slot is used again."""

    def __init__(self, number: int, name: str, dimension: int | None, lsn: int) -> None:
        self.number = number
        self.name = name
        self.lsn = lsn
        self.slots: dict[str, int] = {}
        self.filterable_fields: list[str] | None = None
        self.matrix = Matrix(dimension or 0)
        self.postings = Postings()
        self.columns = Columns()
        self.end = 0
        self.data_bytes = 0
        self._alive = Column(np.bool_)
        self._ids: list[str | None] = []
        self._sparse: dict[int, bytes] = {}
        self._metadata: list[bytes] = []
        self._free: list[int] = []
        self._sorted: list[str] | None = None

    def __len__(self) -> int:
        """Return how many records there are."""
        return len(self.slots)

    @property
    def is_full(self) -> bool:
        """Whether every slot holds a record."""
        return len(self.slots) == self.end

    def slots_for(self, ids: Iterable[str]) -> list[int]:
        """Return the slot each id has or will have when it is put next; nothing is changed."""
        free = iter(reversed(self._free))
        following = self.end
        chosen: list[int] = []
        for record_id in ids:
            slot = self.slots.get(record_id)
            if slot is None:
                slot = next(free, None)
            if slot is None:
                slot, following = following, following + 1
            chosen.append(slot)
        return chosen

    def put(self, records: list[Record], slots: list[int]) -> None:
        """Store records in the slots `slots_for` chose for them; slots left out in between become free."""
        places = self._make_room(slots)
        for record, slot in zip(records, slots, strict=True):
            self._put(record, slot)
        vectors = [record.dense for record in records if record.dense is not None]
        if vectors:
            self.matrix.put(places, np.stack(vectors))

    def load(self, rows: list[Row], slots: list[int]) -> None:
        """Store rows of the table `records` in these slots, which hold nothing: `put`, several times quicker."""
        places = self._make_room(slots)
        for (record_id, _, sparse, metadata), slot in zip(rows, slots, strict=True):
            self._ids[slot] = record_id
            self.slots[record_id] = slot
            if sparse is not None:
                self._sparse[slot] = sparse
                self.postings.put(slot, Sparse.from_bytes(sparse))
                self.data_bytes += len(sparse)
            if metadata is not None:
                self._metadata[slot] = metadata
                self.columns.put(slot, orjson.loads(metadata), fresh=True)
                self.data_bytes += len(metadata)
        if self.matrix.dimension:
            wide = np.frombuffer(b"".join([row[1] or b"" for row in rows]), np.float32)
            self.matrix.put(places, wide.reshape(len(rows), self.matrix.dimension))
            self.data_bytes += wide.nbytes
        self._sorted = None

    def _make_room(self, slots: list[int]) -> NDArray[np.int64]:
        end = max(self.end, max(slots, default=-1) + 1)
        taken = set(slots)
        while self._free and self._free[-1] in taken:
            self._free.pop()
        self._free.extend(slot for slot in range(self.end, end) if slot not in taken)
        self._ids.extend([None] * (end - self.end))
        self._metadata.extend([b""] * (end - self.end))
        self.matrix.reserve(end)
        self.end = end
        places = np.array(slots, np.int64)
        self._alive.first(end)[places] = True
        return places

    def _put(self, record: Record, slot: int) -> None:
        fresh = self._ids[slot] is None
        if fresh:
            self._ids[slot] = record.id
            self.slots[record.id] = slot
            self._sorted = None
        else:
            self.data_bytes -= self._weight(slot)
        if record.sparse is not None:
            self.postings.put(slot, record.sparse)
            self._sparse[slot] = record.sparse.to_bytes()
        elif self._sparse.pop(slot, None) is not None:
            self.postings.put(slot, None)
        self._metadata[slot] = record.metadata_json
        if record.metadata or not fresh:
            self.columns.put(slot, record.metadata or {}, fresh=fresh)
        self.data_bytes += self._weight(slot)

    def remove(self, slots: Iterable[int]) -> None:
        """Empty these slots."""
        for slot in slots:
            record_id = self._ids[slot]
            if record_id is None:
                continue
            self.data_bytes -= self._weight(slot)
            self._ids[slot] = None
            del self.slots[record_id]
            self._metadata[slot] = b""
            if self._sparse.pop(slot, None) is not None:
                self.postings.put(slot, None)
            self.columns.clear(slot)
            self._alive.first(self.end)[slot] = False
            self._free.append(slot)
        self._sorted = None

    def _weight(self, slot: int) -> int:
        return 4 * self.matrix.dimension + len(self._sparse.get(slot, b"")) + len(self._metadata[slot])

    def living(self, condition: Filter | None = None) -> NDArray[np.int64]:
        """Return the ascending slots that hold a record which passes the filter."""
        passed = self._alive.first(self.end)
        if condition is not None:
            passed = passed & condition.mask(self.columns, self.end)
        return np.flatnonzero(passed)

    def id_at(self, slot: int) -> str:
        """Return the id of the record in a slot that holds one."""
        return self._ids[slot] or ""

    def record(self, slot: int) -> Record:
        """Return the record in a slot that holds one, as copies."""
        metadata = self._metadata[slot]
        return Record(
            self.id_at(slot),
            self.matrix.row(slot).copy() if self.matrix.dimension else None,
            self.sparse(slot),
            orjson.loads(metadata) if metadata else None,
            metadata,
        )

    def sparse(self, slot: int) -> Sparse | None:
        """Return the sparse vector in a slot."""
        data = self._sparse.get(slot)
        return None if data is None else Sparse.from_bytes(data)

    def metadata(self, slot: int) -> dict[str, Any] | None:
        """Return the metadata in a slot, None if the record has none."""
        data = self._metadata[slot]
        return orjson.loads(data) if data else None

    def page(self, prefix: str, after: str | None, limit: int) -> tuple[list[str], bool]:
        """Return up to `limit` ids in C order that begin with the prefix and follow `after`, and whether more do."""
        if self._sorted is None:
            self._sorted = sorted(self.slots)
        start = bisect.bisect_left(self._sorted, prefix)
        if after is not None:
            start = max(start, bisect.bisect_right(self._sorted, after))
        found = self._sorted[start : start + limit + 1]
        found = [record_id for record_id in found if record_id.startswith(prefix)]
        return found[:limit], len(found) > limit
