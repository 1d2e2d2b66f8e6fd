from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World

BOTH = {"index": "docs-example", "namespaces": ["", "articles"]}


def places(run_action: RunAction, **question: object) -> list[tuple[str, str]]:
    matches = run_action("query_namespaces", {**BOTH, **question})["matches"]
    return [(match["namespace"], match["id"]) for match in matches]


def test_the_best_of_all_namespaces_come_first(run_action: RunAction) -> None:
    assert places(run_action, vector=[0.7, 0.1, 0.2], top_k=2) == [
        ("articles", "article-2"),
        ("__default__", "doc-2"),
    ]


def test_of_euclidean_distances_the_least_comes_first(run_action: RunAction, world: World) -> None:
    run_action("create_index", {"name": "far", "dimension": 1, "metric": "euclidean"})
    world.emulator.control.advance(60)
    for namespace, value in (("a", 1), ("b", 5), ("c", 3)):
        vectors = [{"id": namespace, "values": [value]}]
        run_action("upsert_vectors", {"index": "far", "namespace": namespace, "vectors": vectors})
    found = places(run_action, index="far", namespaces=["a", "b", "c"], vector=[3])
    assert [name for _, name in found] == ["c", "a", "b"]


def test_a_namespace_given_twice_counts_once_and_one_not_there_gives_nothing(run_action: RunAction) -> None:
    found = places(run_action, namespaces=["articles", "articles", "nowhere"], vector=[1, 0, 0])
    assert sorted(name for _, name in found) == ["article-1", "article-2"]


def test_a_vector_that_does_not_fit_is_not_sent(run_action: RunAction) -> None:
    with pytest.raises(errors.DimensionMismatch, match="/vector has 2 numbers"):
        places(run_action, vector=[1, 2])


def test_it_needs_something_to_look_for(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput, match="lacks what to look for"):
        places(run_action)
