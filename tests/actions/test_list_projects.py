from __future__ import annotations

from tests.actions.conftest import RunAction


def test_all_that_the_service_account_sees_are_listed(run_action: RunAction) -> None:
    assert "docs-project" in [each["name"] for each in run_action("list_projects", {})["projects"]]
