from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction

TEXTS = ["Cosine compares directions.", "A backup is a copy of an index.", "Cones open when it is dry."]


def test_the_most_relevant_comes_first_with_its_place(run_action: RunAction) -> None:
    answer = run_action("rerank", {"query": "copy of an index", "documents": TEXTS, "top_n": 1})
    assert [(each["index"], each["document"]) for each in answer["results"]] == [(1, TEXTS[1])]


def test_objects_are_read_by_the_fields_that_are_named(run_action: RunAction) -> None:
    documents = [{"title": "Nothing", "body": text} for text in TEXTS]
    asked = {"query": "cones dry", "documents": documents, "rank_fields": ["body"], "top_n": 1}
    assert run_action("rerank", asked)["results"][0]["document"] == documents[2]


def test_a_field_that_is_missing_is_told(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeRejected, match="body"):
        run_action("rerank", {"query": "x", "documents": [{"text": "a"}], "rank_fields": ["body"]})
