"""Owns exact nearest-neighbour search in one namespace: scores, order and ties.

Every record is scored in float32; all that could be among the nearest, given how far float32 may be off, are scored
once more in float64. Cosine and dot product: higher is nearer. Euclidean: the squared distance, lower is nearer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pinecone_emulator.filters import Filter
    from pinecone_emulator.model import Metric
    from pinecone_emulator.namespace import Namespace
    from pinecone_emulator.record import Sparse

LARGEST_SCORE = float(np.finfo(np.float32).max)
#: How far one float32 operation may be off, relative to its result.
ROUNDING = 2.0**-24
#: Rows that are scored in float64 at a time.
EXACT_ROWS = 1024
#: From this share of the slots on, scoring all and choosing then is quicker than gathering those chosen.
SCANNED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: a dense vector, a sparse one, or on a dot product index both."""

    dense: NDArray[np.float32] | None
    sparse: Sparse | None
    top_k: int
    condition: Filter | None = None


def nearest(namespace: Namespace, query: Query, metric: Metric) -> list[tuple[int, float]]:
    """Return (slot, score) of the nearest records, nearest first; equal scores are ordered by id."""
    slots = None if query.condition is None and namespace.is_full else namespace.living(query.condition)
    sparse_scores = None
    if query.sparse is not None:
        sparse_scores, touched = namespace.postings.scores(query.sparse, namespace.end)
        if query.dense is None:
            slots = np.flatnonzero(touched) if slots is None else slots[touched[slots]]
    if not (namespace.end if slots is None else len(slots)):
        return []
    slots = _candidates(namespace, query, slots, sparse_scores, metric)
    scores = np.zeros(len(slots)) if sparse_scores is None else sparse_scores[slots]
    if query.dense is not None:
        scores += _exact(namespace, query.dense, slots, metric)
    scores = np.clip(scores, -LARGEST_SCORE, LARGEST_SCORE).astype(np.float32).astype(np.float64)
    sign = 1.0 if metric == "euclidean" else -1.0
    ranked = sorted(
        zip(slots.tolist(), scores.tolist(), strict=True),
        key=lambda found: (sign * found[1], namespace.id_at(found[0])),
    )
    return ranked[: query.top_k]


def _candidates(
    namespace: Namespace,
    query: Query,
    slots: NDArray[np.int64] | None,
    sparse_scores: NDArray[np.float64] | None,
    metric: Metric,
) -> NDArray[np.int64]:
    """Return the slots, of all or of those given, that can be among the nearest."""
    count = namespace.end if slots is None else len(slots)
    nearness: NDArray[np.float32] | NDArray[np.float64]
    if count <= query.top_k:
        return np.arange(count) if slots is None else slots
    if query.dense is None:
        nearness, error = (np.zeros(namespace.end) if sparse_scores is None else sparse_scores)[slots], 0.0
    else:
        nearness, error = _nearness(namespace, query.dense, slots, metric)
        if sparse_scores is not None:
            nearness = nearness + (sparse_scores if slots is None else sparse_scores[slots])
            error += ROUNDING * float(np.abs(nearness).max())
        if not np.isfinite(error) or not np.isfinite(nearness).all():
            return np.arange(count) if slots is None else slots
    last = np.partition(nearness, count - query.top_k)[count - query.top_k]
    found = np.flatnonzero(nearness >= last - 2 * error)
    return found if slots is None else slots[found]


def _nearness(
    namespace: Namespace, query: NDArray[np.float32], slots: NDArray[np.int64] | None, metric: Metric
) -> tuple[NDArray[np.float32], float]:
    """Return a float32 that is higher the nearer a record is, and how far it may be off."""
    matrix, end = namespace.matrix, namespace.end
    lengths = matrix.lengths(end)
    with np.errstate(over="ignore", invalid="ignore"):
        if slots is None:
            nearness = matrix.dots(query, end)
        elif len(slots) < SCANNED_SHARE * end:
            nearness = matrix.dots_at(query, slots)
        else:
            nearness = matrix.dots(query, end)[slots]
        if slots is not None:
            lengths = lengths[slots]
        longest = float(lengths.max())
        length = float(np.linalg.norm(query.astype(np.float64)))
        error = 2 * matrix.dimension * ROUNDING * length
        if metric == "cosine":
            nearness /= lengths
            # A length beyond float32 is infinite, and then no quotient says anything.
            return nearness, error if np.isfinite(longest) else np.inf
        if metric == "euclidean":
            nearness *= 2
            nearness -= lengths * lengths
            return nearness, 2 * error * longest + 8 * ROUNDING * longest * longest
    return nearness, error * longest


def _exact(
    namespace: Namespace, query: NDArray[np.float32], slots: NDArray[np.int64], metric: Metric
) -> NDArray[np.float64]:
    wide = query.astype(np.float64)
    scores = np.empty(len(slots))
    for start in range(0, len(slots), EXACT_ROWS):
        rows = namespace.matrix.rows(slots[start : start + EXACT_ROWS]).astype(np.float64)
        scores[start : start + EXACT_ROWS] = _score(rows, wide, metric)
    return scores


def _score(rows: NDArray[np.float64], query: NDArray[np.float64], metric: Metric) -> NDArray[np.float64]:
    if metric == "euclidean":
        rows -= query
        return np.asarray(np.einsum("ij,ij->i", rows, rows), np.float64)
    # Not `@`: what BLAS makes of a row would depend on how many rows there are beside it.
    dots = np.einsum("ij,j->i", rows, query)
    if metric == "cosine":
        squares = np.einsum("ij,ij->i", rows, rows)
        dots = np.clip(dots / np.sqrt(squares * (query @ query)), -1.0, 1.0)
    return np.asarray(dots, np.float64)
