from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_a_new_project_is_listed(run_action: RunAction) -> None:
    made = run_action("create_project", {"name": "reports", "max_pods": 2})
    listed = {each["id"]: each["max_pods"] for each in run_action("list_projects", {})["projects"]}
    assert listed[made["id"]] == 2


def test_a_name_is_needed(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput):
        run_action("create_project", {"name": ""})
