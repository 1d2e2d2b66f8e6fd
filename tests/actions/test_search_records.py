from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction


def test_the_nearest_text_comes_first_with_all_its_fields(run_action: RunAction) -> None:
    found = run_action("search_records", {"index": "articles-example", "text": "Cosine compares directions."})
    assert found["hits"][0] | {"score": None} == {
        "id": "text-2",
        "score": None,
        "fields": {"text": "Cosine compares directions.", "year": 2026},
    }


def test_hits_are_reranked_when_asked_to(run_action: RunAction) -> None:
    rerank = {"model": "bge-reranker-v2-m3", "rank_fields": ["text"], "top_n": 1}
    found = run_action(
        "search_records", {"index": "articles-example", "text": "a copy of an index", "rerank": rerank}
    )
    assert ([hit["id"] for hit in found["hits"]], found["rerank_units"]) == (["text-1"], 1)


@pytest.mark.parametrize(
    "question", [{"namespace": "empty", "text": "x"}, {"text": "x", "filter": {"year": 1999}}]
)
def test_nothing_found_is_an_empty_list(run_action: RunAction, question: JSON) -> None:
    assert run_action("search_records", {"index": "articles-example", **question})["hits"] == []


@pytest.mark.parametrize("question", [{}, {"text": "x", "id": "text-1"}])
def test_it_needs_one_thing_to_look_for(run_action: RunAction, question: JSON) -> None:
    with pytest.raises(errors.InvalidInput, match="exactly one of text, vector and id"):
        run_action("search_records", {"index": "articles-example", **question})


def test_a_vector_that_does_not_fit_is_not_sent(run_action: RunAction) -> None:
    with pytest.raises(errors.DimensionMismatch, match="has 2 numbers; the index has dimension 1024"):
        run_action("search_records", {"index": "articles-example", "vector": [1, 2]})


def test_an_index_without_a_model_cannot_be_searched_by_text(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeRejected):
        run_action("search_records", {"index": "docs-example", "text": "x"})
