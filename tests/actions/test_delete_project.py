from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import PROJECT_ID, RunAction, World


def test_an_empty_one_is_gone(run_action: RunAction, world: World) -> None:
    run_action("delete_project", dict.fromkeys(("project_id", "confirm"), world.ids[PROJECT_ID]))
    assert "docs-project" not in [each["name"] for each in run_action("list_projects", {})["projects"]]


def test_one_that_holds_something_stays(run_action: RunAction) -> None:
    own = next(each for each in run_action("list_projects", {})["projects"] if each["name"] != "docs-project")
    with pytest.raises(errors.PinehookError) as caught:
        run_action("delete_project", {"project_id": own["id"], "confirm": own["id"]})
    assert caught.value.code == "pinecone_failed_precondition"
