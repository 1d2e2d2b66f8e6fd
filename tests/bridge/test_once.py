from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import update

from bridge import accepting, clock, errors, executing, runs
from bridge.accepting import Wish
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.models import Run
from bridge.plugin import JSON
from bridge.runtime import Runtime
from pinecone_emulator import Emulator

BACKUP = {"index": "docs", "name": "nightly"}
BACKUPS = "/indexes/docs/backups"


@pytest.fixture
def settings(settings: Settings, pinecone_emulator: Emulator) -> Settings:
    account = {
        "emulator_client_id": pinecone_emulator.client_id,
        "emulator_client_secret": pinecone_emulator.client_secret,
    }
    return Settings(**{**settings.model_dump(by_alias=True), **account})


@pytest.fixture
def emulator(runtime: Runtime, pinecone_emulator: Emulator) -> Emulator:
    do(runtime, "create_index", {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"})
    pinecone_emulator.control.advance(60)
    return pinecone_emulator


def do(runtime: Runtime, action: str, given: Any) -> JSON:
    output = accepting.accept(runtime, OPERATOR, action, dict(given)).output
    assert output is not None
    return output


def backups(runtime: Runtime) -> list[str]:
    return [backup["name"] for backup in do(runtime, "list_backups", {})["backups"]]


def lose_the_worker_after(runtime: Runtime, action: str, given: Any) -> str:
    """Let a worker be killed when Pinecone had done it, and before the answer was written."""
    run_id = str(accepting.accept(runtime, OPERATOR, action, dict(given), wish=Wish(background=True)).run_id)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(executing, "_end", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            executing.execute_due(runtime, threading.Event())
    with runtime.database.write() as session:
        session.execute(
            update(Run).where(Run.id == run_id).values(lease_until=clock.now() - timedelta(seconds=1))
        )  # type: ignore[arg-type]
    executing.execute_due(runtime, threading.Event())
    return run_id


def test_the_sdk_does_not_send_it_again(runtime: Runtime, emulator: Emulator) -> None:
    emulator.control.fault(BACKUPS, method="POST", status=503, count=1)
    with pytest.raises(errors.OutcomeUnknown):
        do(runtime, "create_backup", BACKUP)
    assert backups(runtime) == []


def test_an_answer_that_was_lost_is_looked_for(runtime: Runtime, emulator: Emulator) -> None:
    emulator.control.fault(BACKUPS, method="POST", drop="after")
    made = do(runtime, "create_backup", BACKUP)
    assert (made["name"], backups(runtime)) == ("nightly", ["nightly"])


def test_one_of_that_name_that_was_there_before_is_not_taken_for_it(
    runtime: Runtime, emulator: Emulator
) -> None:
    before = do(runtime, "create_backup", BACKUP)
    emulator.control.fault(BACKUPS, method="POST", drop="after")
    made = do(runtime, "create_backup", BACKUP)
    assert (made["backup_id"] != before["backup_id"], backups(runtime)) == (True, ["nightly"] * 2)


@pytest.mark.usefixtures("emulator")
def test_after_a_kill_the_run_finds_what_it_had_made(runtime: Runtime) -> None:
    run_id = lose_the_worker_after(runtime, "create_backup", BACKUP)
    run = runs.get(runtime, OPERATOR, run_id)
    assert (run.state, run.attempt_count, run.output and run.output["name"], backups(runtime)) == (
        "succeeded", 2, "nightly", ["nightly"],
    )  # fmt: skip


@pytest.mark.usefixtures("emulator")
def test_after_a_kill_a_project_is_not_made_twice(runtime: Runtime) -> None:
    run_id = lose_the_worker_after(runtime, "create_project", {"name": "reports"})
    names = [project["name"] for project in do(runtime, "list_projects", {})["projects"]]
    assert (runs.get(runtime, OPERATOR, run_id).state, names.count("reports")) == ("succeeded", 1)


@pytest.mark.usefixtures("emulator")
def test_a_key_whose_value_was_lost_is_said_so(runtime: Runtime) -> None:
    project = do(runtime, "create_project", {"name": "reports"})["id"]
    given = {"project_id": project, "name": "search"}
    run_id = lose_the_worker_after(runtime, "create_api_key", given)
    run = runs.get(runtime, OPERATOR, run_id)
    keys = do(runtime, "list_api_keys", {"project_id": project})["api_keys"]
    assert (run.state, run.error and run.error["code"], len(keys)) == ("failed", "outcome_unknown", 1)
    with pytest.raises(errors.Conflict):
        runs.retry(runtime, OPERATOR, run_id)


@pytest.mark.usefixtures("emulator")
def test_when_several_of_that_name_are_new_nobody_can_tell(runtime: Runtime) -> None:
    run_id = str(
        accepting.accept(runtime, OPERATOR, "create_backup", dict(BACKUP), wish=Wish(background=True)).run_id
    )
    lost = {
        "state": "running",
        "attempt_count": 1,
        "place": {"there": []},
        "lease_until": clock.now() - timedelta(seconds=1),
    }
    for _ in range(2):
        do(runtime, "create_backup", BACKUP)
    with runtime.database.write() as session:
        session.execute(update(Run).where(Run.id == run_id).values(lost))  # type: ignore[arg-type]
    executing.execute_due(runtime, threading.Event())
    run = runs.get(runtime, OPERATOR, run_id)
    assert (run.error and run.error["code"], backups(runtime)) == ("outcome_unknown", ["nightly"] * 2)
