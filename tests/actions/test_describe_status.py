from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_an_index_is_told_with_the_restores_of_its_backups(run_action: RunAction) -> None:
    restore = {"index": "docs-example", "name": "docs-again", "timeout_seconds": 0}
    begun = run_action("restore_backup", restore)
    told = run_action("describe_status", {"index": "docs-example"})
    assert [job["restore_job_id"] for job in told["restore_jobs"]] == [begun["restore_job"]["restore_job_id"]]
    lines = told["answer"].splitlines()
    assert sorted(lines[:2]) == ["docs-again: Initializing", "docs-example: Ready"]
    assert lines[2:] == ["", "Restores:", "docs-again: Pending"]


def test_the_whole_project_is_told_when_no_index_is_named(run_action: RunAction) -> None:
    told = run_action("describe_status", {})
    assert {"docs-example", "articles-example", "pods-example"} <= {
        index["name"] for index in told["indexes"]
    }


def test_an_index_that_is_not_there_is_said_so(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_status", {"index": "nowhere"})


def test_an_empty_project_is_said_so(run_action: RunAction, world: World) -> None:
    world.emulator.control.reset()
    assert run_action("describe_status", {}) == {
        "indexes": [],
        "restore_jobs": [],
        "answer": "There is no index.",
    }
