from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_the_new_index_holds_what_was_backed_up(run_action: RunAction, world: World) -> None:
    given = {"backup_id": world.backup_id, "name": "again", "tags": {"from": "backup"}}
    started = run_action("create_index_from_backup", given)
    pending = run_action("describe_restore_job", {"restore_job_id": started["restore_job_id"]})
    world.emulator.control.advance(60)
    index = run_action("describe_index", {"index": "again"})
    stats = run_action("describe_index_stats", {"index": "again"})
    assert (pending["status"], index["status"], index["tags"], stats["total_vector_count"]) == (
        "Pending",
        "Ready",
        {"from": "backup"},
        5,
    )


@pytest.mark.parametrize("backup_id", ["00000000-0000-0000-0000-000000000000", "nothing"])
def test_a_backup_that_does_not_exist_is_not_found(run_action: RunAction, backup_id: str) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("create_index_from_backup", {"backup_id": backup_id, "name": "again"})


def test_a_backup_that_is_not_ready_must_be_waited_for(run_action: RunAction) -> None:
    made = run_action("create_backup", {"index": "docs-example"})
    with pytest.raises(errors.PineconeFailedPrecondition):
        run_action("create_index_from_backup", {"backup_id": made["backup_id"], "name": "again"})


def test_a_name_that_is_taken_is_a_conflict(run_action: RunAction, world: World) -> None:
    with pytest.raises(errors.PineconeConflict):
        run_action("create_index_from_backup", {"backup_id": world.backup_id, "name": "docs-example"})
