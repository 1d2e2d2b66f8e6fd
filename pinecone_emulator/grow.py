"""Owns arrays that grow: the memory of one namespace, without the peak a copy of everything would cost."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

FIRST_ROWS = 16
BLOCK_ROWS = 8192
GATHERED_ROWS = 256
#: What one core scores at a time, and from how many such parts on help is worth its while.
SCANNED_ROWS = 1024
SHARED_PARTS = 4
HELPERS = min((os.cpu_count() or 1) - 1, 3)


@cache
def helping() -> ThreadPoolExecutor:
    """Return the threads that help to scan; numpy lets go of Python's lock while it multiplies."""
    return ThreadPoolExecutor(max(1, HELPERS), thread_name_prefix="pinecone-emulator-scan")


def _work_off(take: Callable[[], int], do: Callable[[int], None]) -> None:
    while True:
        try:
            part = take()
        except IndexError:
            return
        do(part)


class Column:
    """A one-dimensional array by slot; slots not yet written hold zero."""

    def __init__(self, dtype: type[np.generic]) -> None:
        self._values: NDArray[Any] = np.zeros(FIRST_ROWS, dtype)

    def reserve(self, count: int) -> NDArray[Any]:
        """Make room for slots below `count` and return the array, which is longer than that."""
        if count > len(self._values):
            grown = np.zeros(max(count, len(self._values) * 3 // 2), self._values.dtype)
            grown[: len(self._values)] = self._values
            self._values = grown
        return self._values

    def first(self, count: int) -> NDArray[Any]:
        """Return the values of the slots below `count`, as a view."""
        return self.reserve(count)[:count]


class Matrix:
    """Dense float32 vectors by slot, in blocks of `BLOCK_ROWS` so that growing never copies more than one."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._blocks: list[NDArray[np.float32]] = []
        self._lengths = Column(np.float32)

    def reserve(self, count: int) -> None:
        """Make room for slots below `count`; every block but the last is full size."""
        self._lengths.reserve(count)
        for number in range(max(0, len(self._blocks) - 1), -(-count // BLOCK_ROWS)):
            wanted = min(BLOCK_ROWS, count - number * BLOCK_ROWS)
            if number == len(self._blocks):
                rows = BLOCK_ROWS if number else max(FIRST_ROWS, wanted)
                self._blocks.append(np.zeros((rows, self.dimension), np.float32))
            elif wanted > len(self._blocks[number]):
                old = self._blocks[number]
                grown = np.zeros((min(BLOCK_ROWS, max(wanted, 2 * len(old))), self.dimension), np.float32)
                grown[: len(old)] = old
                self._blocks[number] = grown

    def put(self, slots: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Store vectors, one a row, in slots reserved before."""
        if not len(slots):
            return
        squares = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
        with np.errstate(over="ignore"):
            self._lengths.reserve(int(slots.max()) + 1)[slots] = np.sqrt(squares)
        numbers = slots // BLOCK_ROWS
        for number in np.unique(numbers).tolist():
            here = np.flatnonzero(numbers == number)
            first, last = int(here[0]), int(here[-1]) + 1
            start = int(slots[first]) - number * BLOCK_ROWS
            if np.array_equal(slots[first:last], np.arange(slots[first], slots[first] + last - first)):
                # The usual case, new records one after another, and the quickest.
                self._blocks[number][start : start + last - first] = vectors[first:last]
            else:
                self._blocks[number][slots[here] - number * BLOCK_ROWS] = vectors[here]

    def lengths(self, count: int) -> NDArray[np.float32]:
        """Return the Euclidean lengths of the vectors in the slots below `count`, infinite where too long."""
        return self._lengths.first(count)

    def row(self, slot: int) -> NDArray[np.float32]:
        """Return one vector, as a view."""
        row: NDArray[np.float32] = self._blocks[slot // BLOCK_ROWS][slot % BLOCK_ROWS]
        return row

    def rows(self, slots: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the vectors of these ascending slots, as a copy."""
        found = np.empty((len(slots), self.dimension), np.float32)
        for block, inside, where in self._split(slots):
            np.take(block, inside, axis=0, out=found[where], mode="clip")
        return found

    def dots(self, query: NDArray[np.float32], count: int) -> NDArray[np.float32]:
        """Return the dot products of the query with every slot below `count`, scored by all cores that are free."""
        scores = np.empty(count, np.float32)
        left = deque(range(0, count, SCANNED_ROWS))
        unscored = set(left)

        def score(start: int) -> None:
            end = min(start + SCANNED_ROWS, count)
            first = start % BLOCK_ROWS
            rows = self._blocks[start // BLOCK_ROWS][first : first + end - start]
            np.dot(rows, query, out=scores[start:end])
            unscored.discard(start)

        if len(left) >= SHARED_PARTS:
            for _ in range(HELPERS):
                helping().submit(_work_off, left.pop, score)
        _work_off(left.popleft, score)
        if not unscored:
            return scores
        # A helper that is held up is not waited for, and what it still writes goes into an array nobody reads.
        for start in list(unscored):
            score(start)
        return scores.copy()

    def dots_at(self, query: NDArray[np.float32], slots: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the dot products of the query with these ascending slots; only they are read."""
        scores = np.empty(len(slots), np.float32)
        # One small piece of memory for all: it stays in the processor's cache.
        space = np.empty((GATHERED_ROWS, self.dimension), np.float32)
        for block, inside, where in self._split(slots):
            for start in range(0, len(inside), GATHERED_ROWS):
                part = inside[start : start + GATHERED_ROWS]
                first = where.start + start
                gathered = np.take(block, part, axis=0, out=space[: len(part)], mode="clip")
                np.dot(gathered, query, out=scores[first : first + len(part)])
        return scores

    def _split(self, slots: NDArray[np.int64]) -> list[tuple[NDArray[np.float32], NDArray[np.int64], slice]]:
        bounds = np.searchsorted(slots, np.arange(len(self._blocks) + 1) * BLOCK_ROWS)
        return [
            (
                block,
                slots[bounds[i] : bounds[i + 1]] - i * BLOCK_ROWS,
                slice(int(bounds[i]), int(bounds[i + 1])),
            )
            for i, block in enumerate(self._blocks)
            if bounds[i] < bounds[i + 1]
        ]
