from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction


def ids(answer: JSON) -> list[str]:
    return [match["id"] for match in answer["matches"]]


def test_the_nearest_come_first(run_action: RunAction) -> None:
    answer = run_action("query_vectors", {"index": "docs-example", "vector": [0.1, 0.1, 0.9]})
    assert ids(answer) == ["doc-3", "doc-1", "doc-2"]


def test_a_filter_and_top_k_narrow_it(run_action: RunAction) -> None:
    question = {
        "index": "docs-example",
        "vector": [1, 0, 0],
        "filter": {"genre": {"$in": ["guide"]}},
        "top_k": 1,
    }
    assert ids(run_action("query_vectors", question)) in (["doc-1"], ["doc-3"])


def test_values_come_when_asked_for(run_action: RunAction) -> None:
    question = {"index": "docs-example", "id": "doc-1", "top_k": 1, "include_values": True}
    [match] = run_action("query_vectors", question)["matches"]
    assert (match["values"], match["metadata"]) == ([0.1, 0.2, 0.3], None)


@pytest.mark.parametrize(
    "question",
    [
        {"namespace": "nobody-wrote-here", "vector": [1, 0, 0]},
        {"id": "no-such-id"},
        {"vector": [1, 0, 0], "filter": {"genre": "opera"}},
    ],
)
def test_nothing_found_is_an_empty_list(run_action: RunAction, question: JSON) -> None:
    assert run_action("query_vectors", {"index": "docs-example", **question})["matches"] == []


@pytest.mark.parametrize(
    ("index", "question", "fault"),
    [
        ("docs-example", {"vector": [1, 2]}, ("/vector", "has 2 numbers; the index has dimension 3")),
        ("articles-example", {"vector": [1, 2]}, ("/vector", "has 2 numbers; the index has dimension 1024")),
        (
            "sparse-example",
            {"vector": [1], "sparse_vector": {"indices": [1], "values": [1]}},
            ("/vector", "is dense; the index is sparse and takes sparse values only"),
        ),
        (
            "sparse-example",
            {"sparse_vector": {"indices": [1, 2], "values": [1]}},
            ("/sparse_vector", "has 2 indices and 1 values; it must have as many of each"),
        ),
    ],
)
def test_a_vector_that_does_not_fit_is_not_sent(
    run_action: RunAction, index: str, question: JSON, fault: tuple[str, str]
) -> None:
    with pytest.raises(errors.DimensionMismatch) as caught:
        run_action("query_vectors", {"index": index, **question})
    assert caught.value.errors == (errors.Fault(*fault),)


@pytest.mark.parametrize(
    ("question", "pointer"),
    [
        ({}, ""),
        ({"id": "doc-1", "vector": [1, 2, 3]}, "/id"),
        ({"vector": []}, "/vector"),
        ({"id": "doc-1", "top_k": 0}, "/top_k"),
        ({"id": "doc-1", "top_k": 10_001}, "/top_k"),
        ({"id": "doc-1", "topK": 3}, "/topK"),
        ({"id": "doc-1", "filter": "genre"}, "/filter"),
    ],
)
def test_a_question_that_makes_no_sense_is_not_sent(
    run_action: RunAction, question: JSON, pointer: str
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("query_vectors", {"index": "docs-example", **question})
    assert [fault.pointer for fault in caught.value.errors] == [pointer]


def test_what_pinecone_says_of_a_filter_is_passed_on(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeRejected, match=r"\$near"):
        run_action("query_vectors", {"index": "docs-example", "id": "doc-1", "filter": {"a": {"$near": 1}}})
