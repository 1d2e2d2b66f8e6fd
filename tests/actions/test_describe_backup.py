from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_it_tells_what_it_holds(run_action: RunAction, world: World) -> None:
    told = run_action("describe_backup", {"backup_id": world.backup_id})
    assert (told["status"], told["name"], told["record_count"]) == ("Ready", "docs-nightly", 5)


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_backup", {"backup_id": "nothing"})
