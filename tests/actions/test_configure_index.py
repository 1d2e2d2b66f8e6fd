from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_only_what_is_given_changes(run_action: RunAction) -> None:
    before = run_action("configure_index", {"index": "docs-example", "tags": {"team": "a", "env": "dev"}})
    after = run_action("configure_index", {"index": "docs-example", "tags": {"team": ""}})
    assert (before["deletion_protection"], after["tags"]) == ("disabled", {"env": "dev"})


def test_nothing_to_change_is_refused(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput, match="changes nothing"):
        run_action("configure_index", {"index": "docs-example", "tags": {}})


def test_an_index_that_does_not_exist_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("configure_index", {"index": "nowhere", "tags": {"a": "b"}})


def test_an_index_on_pods_gets_more_of_them(run_action: RunAction) -> None:
    changed = run_action("configure_index", {"index": "pods-example", "replicas": 2})
    assert (changed["status"], changed["deployment_type"]) == ("ScalingUp", "pod")
