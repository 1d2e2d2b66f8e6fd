from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World

EMBED = {"provider": "pinecone", "dimension": 384}
BOTH = {"indexes": [{"index": "articles-example"}, {"index": "laws-example"}], "embed": EMBED}


def places(run_action: RunAction, **question: object) -> list[tuple[str, str]]:
    passages = run_action("search_indexes", {**BOTH, **question})["passages"]
    return [(passage["index"], passage["id"]) for passage in passages]


def test_the_best_of_all_indexes_come_first(run_action: RunAction) -> None:
    found = places(run_action, text="You may cancel a copy of an index at any time.", top_k=2)
    assert sorted(found) == [("articles-example", "text-1"), ("laws-example", "law-2")]


def test_a_reranker_puts_scores_of_different_models_in_one_order(run_action: RunAction) -> None:
    found = places(run_action, text="raise the price with notice", rerank={"top_n": 1})
    assert found == [("laws-example", "law-1")]


def test_namespaces_of_one_index_are_searched_together(run_action: RunAction) -> None:
    records = [{"_id": "other", "text": "A backup can be restored."}]
    run_action("upsert_records", {"index": "articles-example", "namespace": "b", "records": records})
    indexes = [{"index": "articles-example"}, {"index": "articles-example", "namespace": "b"}]
    asked = {"indexes": indexes, "text": "backup", "top_k": 10}
    answer = run_action("search_indexes", asked)
    assert sorted({(each["namespace"], each["id"]) for each in answer["passages"]}) == [
        ("__default__", "text-1"),
        ("__default__", "text-2"),
        ("b", "other"),
    ]


def test_scores_of_different_metrics_are_not_compared(run_action: RunAction, world: World) -> None:
    run_action("create_index", {"name": "far", "dimension": 384, "metric": "euclidean"})
    world.emulator.control.advance(60)
    with pytest.raises(errors.InvalidInput, match=r"different metrics \(cosine, euclidean\)"):
        places(run_action, indexes=[{"index": "laws-example"}, {"index": "far"}], text="x")


def test_an_index_that_fails_is_named(run_action: RunAction) -> None:
    asked = [{"index": "articles-example"}, {"index": "docs-example"}]
    with pytest.raises(errors.DimensionMismatch) as caught:
        places(run_action, indexes=asked, text="x")
    assert "in the index docs-example" in caught.value.detail


def test_nothing_found_is_an_empty_list(run_action: RunAction) -> None:
    assert places(run_action, text="x", filter={"year": 1999}) == []
