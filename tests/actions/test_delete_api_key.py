from __future__ import annotations

from tests.actions.conftest import API_KEY_ID, PROJECT_ID, RunAction, World


def test_it_is_gone(run_action: RunAction, world: World) -> None:
    run_action("delete_api_key", dict.fromkeys(("api_key_id", "confirm"), world.ids[API_KEY_ID]))
    assert run_action("list_api_keys", {"project_id": world.ids[PROJECT_ID]}) == {"api_keys": []}
