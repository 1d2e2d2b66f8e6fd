from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_a_finished_job_tells_what_it_made_of_what(run_action: RunAction, world: World) -> None:
    job = run_action("describe_restore_job", {"restore_job_id": world.restore_job_id})
    told = ("status", "backup_id", "target_index_name", "percent_complete")
    assert {name: job[name] for name in told} == {
        "status": "Completed",
        "backup_id": world.backup_id,
        "target_index_name": "docs-restored",
        "percent_complete": 100,
    }


def test_a_job_that_does_not_exist_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_restore_job", {"restore_job_id": "nothing"})
