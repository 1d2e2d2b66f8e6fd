from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction

GUIDES = {"index": "docs-example", "filter": {"genre": "guide"}, "metadata": {"reviewed": True}}


def reviewed(run_action: RunAction) -> list[str]:
    question = {"index": "docs-example", "filter": {"reviewed": True}}
    return sorted(vector["id"] for vector in run_action("fetch_by_metadata", question)["vectors"])


def test_every_record_the_filter_finds_is_changed(run_action: RunAction) -> None:
    answer = run_action("update_vectors_by_filter", GUIDES)
    assert (answer["matched_count"], reviewed(run_action)) == (2, ["doc-1", "doc-3"])


def test_a_dry_run_only_counts(run_action: RunAction) -> None:
    answer = run_action("update_vectors_by_filter", {**GUIDES, "dry_run": True})
    assert (answer["matched_count"], answer["dry_run"], reviewed(run_action)) == (2, True, [])


@pytest.mark.parametrize("given", [{"filter": {}}, {"metadata": {}}])
def test_neither_everything_nor_nothing_is_changed(run_action: RunAction, given: JSON) -> None:
    with pytest.raises(errors.InvalidInput):
        run_action("update_vectors_by_filter", {**GUIDES, **given})
