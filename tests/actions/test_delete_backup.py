from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_it_is_gone(run_action: RunAction, world: World) -> None:
    run_action("delete_backup", dict.fromkeys(("backup_id", "confirm"), world.backup_id))
    assert run_action("list_backups", {}) == {"backups": []}


def test_while_it_is_being_restored_it_stays(run_action: RunAction, world: World) -> None:
    run_action("create_index_from_backup", {"backup_id": world.backup_id, "name": "again"})
    with pytest.raises(errors.PineconeFailedPrecondition):
        run_action("delete_backup", dict.fromkeys(("backup_id", "confirm"), world.backup_id))
