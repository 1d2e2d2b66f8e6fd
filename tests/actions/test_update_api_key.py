from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import API_KEY_ID, RunAction, World


def test_roles_replace_those_that_are_there(run_action: RunAction, world: World) -> None:
    told = run_action("update_api_key", {"api_key_id": world.ids[API_KEY_ID], "roles": ["DataPlaneViewer"]})
    assert (told["name"], told["roles"]) == ("ingest", ["DataPlaneViewer"])


def test_nothing_to_change_is_refused(run_action: RunAction, world: World) -> None:
    with pytest.raises(errors.InvalidInput, match="changes nothing"):
        run_action("update_api_key", {"api_key_id": world.ids[API_KEY_ID]})
