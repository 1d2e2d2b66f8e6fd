from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import SCHEDULE_ID, RunAction, World


def test_it_tells_how_often_and_how_long(run_action: RunAction, world: World) -> None:
    told = run_action("describe_backup_schedule", {"schedule_id": world.ids[SCHEDULE_ID]})
    assert (told["frequency"], told["retention_expire_after_days"], told["enabled"]) == ("daily", 7, True)


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_backup_schedule", {"schedule_id": "nothing"})
