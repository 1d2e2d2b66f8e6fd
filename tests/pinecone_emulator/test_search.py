"""Exact search against numpy, through blocks, deletions, filters and sparse merges."""

import numpy as np
import pytest

from pinecone_emulator import filters
from pinecone_emulator.namespace import Namespace
from pinecone_emulator.postings import LONGEST_TAIL
from pinecone_emulator.record import Record, Sparse
from pinecone_emulator.search import Query, nearest

COUNT, DIMENSION = 20_000, 8


def reference(vectors, query, metric):
    wide, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == "euclidean":
        return ((wide - q) ** 2).sum(1)
    dots = wide @ q
    return dots if metric == "dotproduct" else dots / np.linalg.norm(wide, axis=1) / np.linalg.norm(q)


@pytest.fixture(scope="module")
def vectors():
    return np.random.default_rng(7).normal(size=(COUNT, DIMENSION)).astype(np.float32)


@pytest.fixture(scope="module")
def namespace(vectors):
    space = Namespace(1, "", DIMENSION, 0)
    for start in range(0, COUNT, 1000):
        records = [
            Record(f"{i:06}", vectors[i], None, {"tenth": i % 10 == 0}, b'{"tenth":true}')
            for i in range(start, start + 1000)
        ]
        space.put(records, space.slots_for(record.id for record in records))
    space.remove([space.slots[f"{i:06}"] for i in range(0, COUNT, 7)])
    return space


@pytest.mark.parametrize("metric", ["cosine", "dotproduct", "euclidean"])
@pytest.mark.parametrize("condition", [None, {"tenth": True}])
def test_the_nearest_are_those_numpy_finds(namespace, vectors, metric, condition):
    query = np.random.default_rng(11).normal(size=DIMENSION).astype(np.float32)
    scores = reference(vectors, query, metric)
    alive = [i for i in range(COUNT) if i % 7 and (condition is None or i % 10 == 0)]
    expected = sorted(alive, key=lambda i: scores[i] if metric == "euclidean" else -scores[i])[:50]
    found = nearest(namespace, Query(query, None, 50, condition and filters.parse(condition)), metric)
    assert [namespace.id_at(slot) for slot, _ in found] == [f"{i:06}" for i in expected]
    assert np.allclose([score for _, score in found], scores[expected], rtol=1e-6)


def test_top_k_beyond_the_namespace_returns_everything(namespace):
    found = nearest(namespace, Query(np.ones(DIMENSION, np.float32), None, 10**4 * 3), "cosine")
    assert len(found) == len(namespace)


def test_equal_scores_are_ordered_by_id():
    space = Namespace(1, "", 2, 0)
    records = [Record(name, np.ones(2, np.float32), None, None) for name in ("c", "a", "b")]
    space.put(records, space.slots_for(record.id for record in records))
    found = nearest(space, Query(np.ones(2, np.float32), None, 3), "cosine")
    assert [space.id_at(slot) for slot, _ in found] == ["a", "b", "c"]


def test_numbers_at_the_edge_of_float32_give_finite_scores():
    space = Namespace(1, "", 2, 0)
    records = [Record("big", np.array([3e38, 3e38], np.float32), None, None)]
    space.put(records, space.slots_for(["big"]))
    query = Query(np.array([3e38, 3e38], np.float32), None, 1)
    found = {metric: nearest(space, query, metric)[0][1] for metric in ("cosine", "dotproduct", "euclidean")}
    assert found == {"cosine": 1.0, "dotproduct": float(np.finfo(np.float32).max), "euclidean": 0.0}


def test_sparse_scores_are_those_of_a_dense_product_before_and_after_a_merge():
    random = np.random.default_rng(3)
    space, count, width, filled = Namespace(1, "", None, 0), 3000, 200, 40
    table = np.zeros((count, width))
    for i in range(count):
        indices = np.sort(random.choice(width, filled, replace=False)).astype(np.uint32)
        values = random.normal(size=filled).astype(np.float32)
        table[i, indices] = values
        space.put([Record(str(i), None, Sparse(indices, values), None)], space.slots_for([str(i)]))
    assert count * filled > LONGEST_TAIL
    space.remove([space.slots["5"]])
    table[5] = 0
    query = Sparse(np.array([3, 50, 199], np.uint32), np.array([1, -2, 0.5], np.float32))
    expected = table[:, [3, 50, 199]] @ np.array([1, -2, 0.5])
    order = [i for i in np.argsort(-expected, kind="stable") if table[i, [3, 50, 199]].any()][:20]
    for _ in range(2):
        found = nearest(space, Query(None, query, 20), "dotproduct")
        assert np.allclose([score for _, score in found], expected[order], rtol=1e-5)
