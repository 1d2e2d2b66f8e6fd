from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import PROJECT_ID, RunAction, World


def test_it_is_told_by_its_id(run_action: RunAction, world: World) -> None:
    assert run_action("describe_project", {"project_id": world.ids[PROJECT_ID]})["name"] == "docs-project"


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_project", {"project_id": "nothing"})
