from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction

DOC = {"index": "docs-example", "id": "doc-1"}


def stored(run_action: RunAction, index: str, name: str) -> JSON:
    return run_action("fetch_vectors", {"index": index, "ids": [name]})["vectors"][0]


def test_what_is_left_out_stays(run_action: RunAction) -> None:
    run_action("update_vector", {**DOC, "metadata": {"genre": "news"}})
    run_action("update_vector", {**DOC, "values": [1, 2, 3]})
    vector = stored(run_action, "docs-example", "doc-1")
    assert (vector["values"], vector["metadata"]) == ([1, 2, 3], {"title": "First steps", "genre": "news"})


def test_a_sparse_record_gets_its_values(run_action: RunAction) -> None:
    sparse = {"indices": [5], "values": [0.5]}
    run_action("update_vector", {"index": "sparse-example", "id": "note-1", "sparse_values": sparse})
    assert stored(run_action, "sparse-example", "note-1")["sparse_values"] == sparse


@pytest.mark.parametrize(
    ("given", "error", "fault"),
    [
        ({}, errors.InvalidInput, "changes nothing"),
        ({"metadata": {}}, errors.InvalidInput, "changes nothing"),
        ({"values": [1, 2]}, errors.DimensionMismatch, "/values has 2 numbers"),
        (
            {"sparse_values": {"indices": [1], "values": [1]}},
            errors.DimensionMismatch,
            "/sparse_values needs an index with metric dotproduct",
        ),
    ],
)
def test_what_makes_no_sense_is_not_sent(
    run_action: RunAction, given: JSON, error: type[Exception], fault: str
) -> None:
    with pytest.raises(error, match=fault):
        run_action("update_vector", {**DOC, **given})
