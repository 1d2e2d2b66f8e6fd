from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction

ARTICLES = {"index": "docs-example", "namespace": "articles", "confirm": "articles"}


def test_it_takes_its_records_along_and_leaves_the_others(run_action: RunAction) -> None:
    run_action("delete_namespace", ARTICLES)
    left = run_action("list_namespaces", {"index": "docs-example"})["namespaces"]
    assert [(each["name"], each["record_count"]) for each in left] == [("__default__", 3)]


def test_it_must_be_named(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("delete_namespace", {"index": "docs-example"})
    assert [fault.pointer for fault in caught.value.errors] == ["/namespace"]


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("delete_namespace", {**ARTICLES, "namespace": "nowhere", "confirm": "nowhere"})
