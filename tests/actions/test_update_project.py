from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import PROJECT_ID, RunAction, World


def test_what_is_left_out_stays(run_action: RunAction, world: World) -> None:
    project_id = world.ids[PROJECT_ID]
    run_action("update_project", {"project_id": project_id, "max_pods": 3})
    told = run_action("update_project", {"project_id": project_id, "name": "archive"})
    assert (told["name"], told["max_pods"]) == ("archive", 3)


def test_nothing_to_change_is_refused(run_action: RunAction, world: World) -> None:
    with pytest.raises(errors.InvalidInput, match="changes nothing"):
        run_action("update_project", {"project_id": world.ids[PROJECT_ID]})
