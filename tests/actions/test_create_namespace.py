from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction

NEW = {"index": "docs-example", "name": "reports"}


def test_a_new_namespace_is_empty_and_says_what_it_filters_by(run_action: RunAction) -> None:
    run_action("create_namespace", {**NEW, "filterable_fields": ["year"]})
    told = run_action("describe_namespace", {"index": "docs-example", "namespace": "reports"})
    assert (told["name"], told["record_count"], told["filterable_fields"]) == ("reports", 0, ["year"])


def test_without_fields_every_field_can_be_filtered_by(run_action: RunAction) -> None:
    assert run_action("create_namespace", NEW)["filterable_fields"] is None


def test_a_namespace_that_is_there_is_a_conflict(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeConflict):
        run_action("create_namespace", {**NEW, "name": "articles"})
