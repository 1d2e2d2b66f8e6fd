from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import SCHEDULE_ID, RunAction, World


def test_what_is_left_out_stays(run_action: RunAction, world: World) -> None:
    asked = {"schedule_id": world.ids[SCHEDULE_ID], "retention_days": 30}
    told = run_action("update_backup_schedule", asked)
    assert (told["frequency"], told["retention_expire_after_days"], told["enabled"]) == ("daily", 30, True)


def test_one_that_is_disabled_has_no_next_run(run_action: RunAction, world: World) -> None:
    asked = {"schedule_id": world.ids[SCHEDULE_ID], "enabled": False}
    assert run_action("update_backup_schedule", asked)["next_scheduled_run"] is None


def test_nothing_to_change_is_refused(run_action: RunAction, world: World) -> None:
    with pytest.raises(errors.InvalidInput, match="changes nothing"):
        run_action("update_backup_schedule", {"schedule_id": world.ids[SCHEDULE_ID]})
