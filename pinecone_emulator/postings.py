"""Owns the inverted index of sparse vectors: which slots hold an index, and with what value.

Writes go to a tail that is scanned; a query over a long tail first merges it into the sorted main part. A slot that
is written again or emptied gets a new generation, which makes its older postings dead without looking for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pinecone_emulator.grow import Column

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pinecone_emulator.record import Sparse

POSTING = np.dtype([("index", "<u4"), ("value", "<f4"), ("slot", "<u4"), ("generation", "<u4")])
LONGEST_TAIL = 65_536


class Postings:
    """The sparse vectors of one namespace."""

    def __init__(self) -> None:
        self._main: NDArray[Any] = np.empty(0, POSTING)
        self._tail: list[NDArray[Any]] = []
        self._tail_length = 0
        self._generations = Column(np.uint32)

    def put(self, slot: int, sparse: Sparse | None) -> None:
        """Store a slot's sparse vector, or that it has none."""
        generations = self._generations.reserve(slot + 1)
        generations[slot] += 1
        if sparse is None:
            return
        added = np.empty(len(sparse.indices), POSTING)
        added["index"], added["value"] = sparse.indices, sparse.values
        added["slot"], added["generation"] = slot, generations[slot]
        self._tail.append(added)
        self._tail_length += len(added)

    def scores(self, query: Sparse, count: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the dot product with every slot below `count`, and which of them share an index with the query."""
        if self._tail_length > LONGEST_TAIL:
            self._merge()
        found = [self._in_main(query), *self._in_tail(query)]
        postings = np.concatenate([part for part, _ in found])
        weights = np.concatenate([weight for _, weight in found])
        alive = self._generations.first(count)[postings["slot"]] == postings["generation"]
        slots = postings["slot"][alive]
        products = postings["value"][alive].astype(np.float64) * weights[alive]
        touched = np.zeros(count, np.bool_)
        touched[slots] = True
        return np.bincount(slots, products, minlength=count).astype(np.float64), touched

    def _in_main(self, query: Sparse) -> tuple[NDArray[Any], NDArray[np.float64]]:
        starts = np.searchsorted(self._main["index"], query.indices, "left")
        ends = np.searchsorted(self._main["index"], query.indices, "right")
        parts = [self._main[start:end] for start, end in zip(starts, ends, strict=True)]
        return np.concatenate([np.empty(0, POSTING), *parts]), np.repeat(
            query.values.astype(np.float64), ends - starts
        )

    def _in_tail(self, query: Sparse) -> list[tuple[NDArray[Any], NDArray[np.float64]]]:
        if not self._tail:
            return []
        tail = np.concatenate(self._tail)
        self._tail = [tail]
        place = np.searchsorted(query.indices, tail["index"])
        place[place == len(query.indices)] = 0
        hit = query.indices[place] == tail["index"]
        return [(tail[hit], query.values[place[hit]].astype(np.float64))]

    def _merge(self) -> None:
        everything = np.concatenate([self._main, *self._tail])
        generations = self._generations.reserve(int(everything["slot"].max(initial=0)) + 1)
        living = everything[generations[everything["slot"]] == everything["generation"]]
        self._main = living[np.argsort(living["index"], kind="stable")]
        self._tail, self._tail_length = [], 0
