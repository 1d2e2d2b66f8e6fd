from __future__ import annotations

from tests.actions.conftest import PROJECT_ID, RunAction, World


def test_they_are_told_without_their_values(run_action: RunAction, world: World) -> None:
    [key] = run_action("list_api_keys", {"project_id": world.ids[PROJECT_ID]})["api_keys"]
    assert (key["name"], sorted(key)) == ("ingest", ["id", "name", "project_id", "roles"])
