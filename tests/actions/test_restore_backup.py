from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World

GIVEN = {"index": "docs-example", "name": "docs-again"}


def test_it_waits_for_the_newest_backup_to_be_restored(run_action: RunAction, world: World) -> None:
    world.emulator.control.settings(restore_seconds=0)
    done = run_action("restore_backup", GIVEN)
    stats = run_action("describe_index_stats", {"index": "docs-again"})
    assert (done["done"], done["name"], done["restore_job"]["status"], done["restore_job"]["backup_id"]) == (
        True, "docs-again", "Completed", world.backup_id,
    )  # fmt: skip
    assert stats["total_vector_count"] == 5


def test_when_the_time_is_over_it_tells_how_far_it_is(run_action: RunAction) -> None:
    early = run_action("restore_backup", {**GIVEN, "timeout_seconds": 0})
    assert (early["done"], early["restore_job"]["status"]) == (False, "Pending")


def test_asked_again_it_goes_on_with_the_restore_that_is_there(run_action: RunAction, world: World) -> None:
    first = run_action("restore_backup", {**GIVEN, "timeout_seconds": 0})
    world.emulator.control.advance(60)
    again = run_action("restore_backup", GIVEN)
    assert (again["done"], again["restore_job"]["restore_job_id"]) == (
        True,
        first["restore_job"]["restore_job_id"],
    )


def test_an_index_of_that_name_that_is_no_restore_of_it_is_a_conflict(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeConflict):
        run_action("restore_backup", {**GIVEN, "name": "laws-example"})


def test_a_restore_that_fails_is_said_so(run_action: RunAction, world: World) -> None:
    world.emulator.control.next("restore", "fail")
    world.emulator.control.settings(restore_seconds=0)
    with pytest.raises(errors.PineconeFailedPrecondition):
        run_action("restore_backup", GIVEN)


@pytest.mark.parametrize(
    "given", [{"index": "laws-example"}, {"index": "laws-example", "backup_id": "BACKUP"}]
)
def test_only_a_backup_of_the_index_is_restored(
    run_action: RunAction, world: World, given: dict[str, str]
) -> None:
    given = {name: world.backup_id if text == "BACKUP" else text for name, text in given.items()}
    with pytest.raises(errors.InvalidInput) as refused:
        run_action("restore_backup", {**GIVEN, **given})
    assert [fault.pointer for fault in refused.value.errors] == ["/backup_id"]
