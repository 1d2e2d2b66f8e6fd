from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction
from tests.embedders.stand_in import Voyage

ARTICLES = {"index": "articles-example", "text": "What is a backup?"}
LAWS = {
    "index": "laws-example",
    "text": "May the provider raise the price?",
    "embed": {"provider": "pinecone", "dimension": 384},
}


def ids(answer: JSON) -> list[str]:
    return [passage["id"] for passage in answer["passages"]]


def test_an_integrated_index_embeds_the_text_itself(run_action: RunAction) -> None:
    answer = run_action("search_text", ARTICLES)
    first = answer["passages"][0]
    assert (first["rank"], first["id"], first["text"], first["fields"]) == (
        1,
        "text-1",
        "A backup is a copy of an index.",
        {"year": 2026},
    )


def test_any_other_is_searched_with_the_model_that_is_named(run_action: RunAction) -> None:
    first = run_action("search_text", LAWS)["passages"][0]
    assert (first["id"], first["source"]) == ("law-1", "https://example.com/law-1")


def test_the_answer_can_be_posted_as_it_is(run_action: RunAction) -> None:
    answer = run_action("search_text", {**LAWS, "top_k": 1})["answer"]
    assert answer == (
        "[1] The provider may raise the price with thirty days of notice.\n\n"
        "Sources:\n[1] https://example.com/law-1"
    )


def test_the_answer_keeps_to_its_length(run_action: RunAction) -> None:
    records = [{"_id": f"long-{n}", "text": f"backup {n} " + "and more words " * 300} for n in range(9)]
    run_action("upsert_records", {"index": "articles-example", "records": records})
    answer = run_action("search_text", {**ARTICLES, "top_k": 10, "max_chars": 2000})
    assert (len(answer["answer"]) <= 2000, len(answer["passages"]), "…" in answer["answer"]) == (
        True,
        10,
        True,
    )


def test_a_reranker_orders_what_was_found(run_action: RunAction) -> None:
    asked = {**ARTICLES, "text": "directions", "rerank": {"top_n": 1}}
    assert ids(run_action("search_text", asked)) == ["text-2"]


def test_what_is_not_near_enough_is_left_out(run_action: RunAction) -> None:
    scores = [each["score"] for each in run_action("search_text", ARTICLES)["passages"]]
    assert ids(run_action("search_text", {**ARTICLES, "min_score": scores[0]})) == ["text-1"]


@pytest.mark.parametrize("given", [{"namespace": "empty"}, {"filter": {"year": 1999}}, {"min_score": 2}])
def test_nothing_found_is_an_empty_list_and_said_so(run_action: RunAction, given: JSON) -> None:
    assert run_action("search_text", {**ARTICLES, **given}) == {
        "passages": [],
        "answer": "Nothing was found.",
    }


def test_nothing_found_needs_no_reranking(run_action: RunAction) -> None:
    asked = {**ARTICLES, "namespace": "empty", "rerank": {}}
    assert run_action("search_text", asked)["passages"] == []


def test_only_the_fields_that_are_named_come(run_action: RunAction) -> None:
    asked = {**LAWS, "fields": ["title"], "source_field": "text", "text_field": "url"}
    first = run_action("search_text", asked)["passages"][0]
    assert (first["text"], first["source"], first["fields"]) == (
        "https://example.com/law-1",
        "The provider may raise the price with thirty days of notice.",
        {},
    )


def test_a_record_without_text_is_told_by_its_id(run_action: RunAction) -> None:
    vectors = [{"id": "bare", "values": [1.0] * 384}]
    run_action("upsert_vectors", {"index": "laws-example", "namespace": "bare", "vectors": vectors})
    answer = run_action("search_text", {**LAWS, "namespace": "bare"})
    assert (answer["passages"][0]["text"], answer["answer"]) == (None, "[1] bare\n\nSources:\n[1] bare")


@pytest.mark.parametrize(
    ("index", "embed", "error", "told"),
    [
        ("laws-example", None, errors.InvalidInput, "has no model of its own"),
        ("articles-example", {"provider": "pinecone"}, errors.InvalidInput, "whose own model embeds"),
        ("laws-example", {"provider": "nobody"}, errors.InvalidInput, "must be one of: pinecone, voyage"),
        (
            "docs-example",
            {"provider": "pinecone"},
            errors.DimensionMismatch,
            "/embed gives 1024 numbers; the index has dimension 3",
        ),
        ("sparse-example", {"provider": "pinecone"}, errors.DimensionMismatch, "the index is sparse"),
        ("nowhere", {"provider": "pinecone"}, errors.PineconeNotFound, "not found"),
    ],
)
def test_a_model_that_does_not_go_with_the_index_is_refused(
    run_action: RunAction, index: str, embed: JSON | None, error: type[Exception], told: str
) -> None:
    asked = {"index": index, "text": "x", **({"embed": embed} if embed else {})}
    with pytest.raises(error, match=told):
        run_action("search_text", asked)


def test_a_dimension_that_cannot_fit_is_refused_before_the_provider_is_asked(
    run_action: RunAction, voyage: Voyage
) -> None:
    asked = {**LAWS, "embed": {"provider": "voyage", "dimension": 512}}
    with pytest.raises(errors.DimensionMismatch, match="gives 512 numbers; the index has dimension 384"):
        run_action("search_text", asked)
    assert voyage.requests == []
