from __future__ import annotations

from tests.actions.conftest import SCHEDULE_ID, RunAction, World


def test_disabled_ones_are_listed_too(run_action: RunAction, world: World) -> None:
    run_action("update_backup_schedule", {"schedule_id": world.ids[SCHEDULE_ID], "enabled": False})
    schedules = run_action("list_backup_schedules", {"index": "docs-example"})["backup_schedules"]
    assert [(each["name"], each["enabled"]) for each in schedules] == [("nightly", False)]


def test_an_index_without_schedules_is_an_empty_list(run_action: RunAction) -> None:
    assert run_action("list_backup_schedules", {"index": "sparse-example"}) == {"backup_schedules": []}
