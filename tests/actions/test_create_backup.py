from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_a_backup_becomes_ready_and_counts_what_it_holds(run_action: RunAction, world: World) -> None:
    made = run_action("create_backup", {"index": "docs-example"})
    world.emulator.control.advance(60)
    backups = run_action("list_backups", {"index": "docs-example"})["backups"]
    [ready] = [backup for backup in backups if backup["backup_id"] == made["backup_id"]]
    assert (made["status"], made["name"], ready["status"], ready["record_count"]) == (
        "Initializing",
        None,
        "Ready",
        5,
    )


def test_an_index_that_does_not_exist_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("create_backup", {"index": "nowhere"})
