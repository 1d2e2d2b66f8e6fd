from __future__ import annotations

from tests.actions.conftest import SCHEDULE_ID, RunAction, World


def test_the_backups_it_made_and_the_next_one_are_told(run_action: RunAction, world: World) -> None:
    world.emulator.control.advance(3 * 86400)
    backups = run_action("list_backup_schedule_history", {"schedule_id": world.ids[SCHEDULE_ID]})["backups"]
    assert {backup["status"] for backup in backups} == {"Ready", "Scheduled"}
