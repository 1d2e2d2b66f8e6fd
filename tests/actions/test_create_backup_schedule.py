from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World

WEEKLY = {"index": "sparse-example", "name": "weekly", "frequency": "weekly", "retention_days": 31}


def test_its_backups_come_by_themselves(run_action: RunAction, world: World) -> None:
    run_action("create_backup_schedule", WEEKLY)
    world.emulator.control.advance(8 * 86400)
    names = [each["name"] for each in run_action("list_backups", {"index": "sparse-example"})["backups"]]
    assert names[0].startswith("weekly-")


def test_a_second_one_of_the_same_index_is_a_conflict(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeConflict):
        run_action("create_backup_schedule", {**WEEKLY, "index": "docs-example"})


@pytest.mark.parametrize(
    ("given", "pointer"),
    [({"frequency": "hourly"}, "/frequency"), ({"retention_days": 0}, "/retention_days")],
)
def test_what_pinecone_does_not_offer_is_not_sent(run_action: RunAction, given: JSON, pointer: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("create_backup_schedule", {**WEEKLY, **given})
    assert [fault.pointer for fault in caught.value.errors] == [pointer]
