from __future__ import annotations

from tests.actions.conftest import SCHEDULE_ID, RunAction, World


def test_it_is_gone(run_action: RunAction, world: World) -> None:
    run_action("delete_backup_schedule", dict.fromkeys(("schedule_id", "confirm"), world.ids[SCHEDULE_ID]))
    assert run_action("list_backup_schedules", {"index": "docs-example"}) == {"backup_schedules": []}
