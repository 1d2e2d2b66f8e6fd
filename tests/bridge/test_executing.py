from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select, update

from bridge import accepting, clock, errors, executing, progress, runs
from bridge.accepting import Wish
from bridge.access import OPERATOR, Caller
from bridge.config import Settings
from bridge.models import Audit, Run
from bridge.progress import Stopped
from bridge.runtime import Runtime
from pinecone_emulator import Emulator

ORDER = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
BACKGROUND = Wish(background=True)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """What fails does so at once: how often the SDK asks again depends on all that failed in this process before."""
    return settings.model_copy(update={"pinecone_retries": 0})


def queue(runtime: Runtime, action: str, given: Any, caller: Caller = OPERATOR) -> str:
    accepted = accepting.accept(runtime, caller, action, given, wish=BACKGROUND)
    return str(accepted.run_id)


def work(runtime: Runtime, stop: threading.Event | None = None) -> bool:
    return executing.execute_due(runtime, stop or threading.Event())


def stored(runtime: Runtime, run_id: str) -> Run:
    return runs.get(runtime, OPERATOR, run_id)


def change(runtime: Runtime, run_id: str, **values: Any) -> None:
    with runtime.database.write() as session:
        session.execute(update(Run).where(Run.id == run_id).values(**values))  # type: ignore[arg-type]


def lose_the_worker(runtime: Runtime, run_id: str) -> Run:
    """Claim the run as a worker does, and never come back: what kill -9 leaves."""
    held = executing.claim_due(runtime)
    assert held is not None
    change(runtime, run_id, lease_until=clock.now() - timedelta(seconds=1))
    return held


@contextmanager
def long_run(runtime: Runtime, emulator: Emulator, stop: threading.Event) -> Iterator[str]:
    """A run of several steps that take long each, under way in a thread."""
    accepting.accept(runtime, OPERATOR, "create_index", ORDER)
    emulator.control.advance(1000)
    emulator.control.fault("/i/docs", latency=0.5, count=4)
    rows = [{"id": f"row-{n}", "vector": "1, 0, 0"} for n in range(3000)]
    run_id = queue(
        runtime, "upsert_rows", {"index": "docs", "rows": rows, "id_column": "id", "vector_column": "vector"}
    )
    thread = threading.Thread(target=work, args=(runtime, stop))
    thread.start()
    until = clock.monotonic() + 10
    while stored(runtime, run_id).state == "queued" and clock.monotonic() < until:
        threading.Event().wait(0.01)
    yield run_id
    thread.join(30)
    assert not thread.is_alive()


def test_a_queued_run_is_done_by_a_worker(runtime: Runtime) -> None:
    run_id = queue(runtime, "create_index", ORDER)
    before = stored(runtime, run_id).state
    worked = [work(runtime), work(runtime)]
    run = stored(runtime, run_id)
    with runtime.database.read() as session:
        told = session.exec(select(Audit.verb, Audit.outcome).where(Audit.run_id == run_id)).all()
    assert (before, worked, run.state, run.attempt_count, run.output and run.output["name"]) == (
        "queued", [True, False], "succeeded", 1, "docs",
    )  # fmt: skip
    assert sorted(told) == [("action.create_index", "done"), ("run.queue create_index", "done")]


def test_what_a_read_gives_in_the_background_is_kept(runtime: Runtime) -> None:
    run_id = queue(runtime, "list_indexes", {})
    work(runtime)
    assert (stored(runtime, run_id).state, stored(runtime, run_id).output) == ("succeeded", {"indexes": []})


def test_a_run_whose_worker_was_killed_is_done_by_another(runtime: Runtime) -> None:
    run_id = queue(runtime, "create_index", ORDER)
    lose_the_worker(runtime, run_id)
    work(runtime)
    assert (stored(runtime, run_id).state, stored(runtime, run_id).attempt_count) == ("succeeded", 2)


def test_nobody_takes_a_run_whose_worker_lives(runtime: Runtime) -> None:
    queue(runtime, "create_index", ORDER)
    assert (executing.claim_due(runtime) is not None, executing.claim_due(runtime)) == (True, None)


def test_who_has_lost_its_lease_writes_nothing(runtime: Runtime) -> None:
    run_id = queue(runtime, "list_indexes", {})
    late = lose_the_worker(runtime, run_id)
    work(runtime)
    change(runtime, run_id, output={"first": True})
    executing.execute(runtime, late, threading.Event())
    assert stored(runtime, run_id).output == {"first": True}


def test_a_run_that_kills_every_worker_fails(runtime: Runtime) -> None:
    run_id = queue(runtime, "create_index", ORDER)
    for _ in range(len(executing.WAIT_SECONDS) + 1):
        lose_the_worker(runtime, run_id)
    work(runtime)
    run = stored(runtime, run_id)
    assert (run.state, run.error and run.error["code"]) == ("failed", "run_lost")


def test_what_pinecone_refuses_for_now_is_tried_again_later(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    run_id = queue(runtime, "create_index", ORDER)
    pinecone_emulator.control.fault(path="/indexes", method="POST", status=429, count=1, retry_after=0)
    work(runtime)
    waiting = stored(runtime, run_id)
    again = work(runtime)
    change(runtime, run_id, next_at=clock.now())
    work(runtime)
    assert (waiting.state, waiting.error and waiting.error["code"], again) == (
        "queued", "pinecone_rate_limited", False,
    )  # fmt: skip
    assert (stored(runtime, run_id).state, stored(runtime, run_id).error) == ("succeeded", None)


def test_what_pinecone_refuses_for_good_is_not(runtime: Runtime) -> None:
    run_id = queue(runtime, "describe_index", {"index": "nowhere"})
    work(runtime)
    run = stored(runtime, run_id)
    assert (run.state, run.error and run.error["code"]) == ("failed", "pinecone_not_found")


def test_a_queued_run_is_cancelled_at_once(runtime: Runtime) -> None:
    run_id = queue(runtime, "create_index", ORDER)
    runs.cancel(runtime, OPERATOR, run_id)
    assert (stored(runtime, run_id).state, work(runtime)) == ("cancelled", False)


def test_a_running_run_is_cancelled_at_its_next_step(
    runtime: Runtime, pinecone_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WRITE_SECONDS", 0.02)
    with long_run(runtime, pinecone_emulator, threading.Event()) as run_id:
        asked = runs.cancel(runtime, OPERATOR, run_id)
        ended = runs.wait(runtime, OPERATOR, run_id, 10)
    assert (asked.state, ended.state) == ("running", "cancelled")


def test_a_worker_that_stops_gives_its_run_back(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    stop = threading.Event()
    with long_run(runtime, pinecone_emulator, stop) as run_id:
        stop.set()
    given_back = stored(runtime, run_id)
    work(runtime)
    run = stored(runtime, run_id)
    assert ((given_back.state, given_back.attempt_count), (run.state, run.attempt_count)) == (
        ("queued", 0), ("succeeded", 1),
    )  # fmt: skip


def test_a_failed_run_is_retried_by_hand(runtime: Runtime) -> None:
    run_id = queue(runtime, "describe_index", {"index": "docs"})
    work(runtime)
    failed = stored(runtime, run_id).state
    accepting.accept(runtime, OPERATOR, "create_index", ORDER)
    queued = runs.retry(runtime, OPERATOR, run_id).state
    work(runtime)
    run = stored(runtime, run_id)
    assert (failed, queued, run.state, run.attempt_count) == ("failed", "queued", "succeeded", 2)


def test_only_what_has_failed_is_retried(runtime: Runtime) -> None:
    run_id = queue(runtime, "list_indexes", {})
    work(runtime)
    with pytest.raises(errors.Conflict):
        runs.retry(runtime, OPERATOR, run_id)


def test_to_cancel_a_run_takes_the_scope_of_its_action(runtime: Runtime) -> None:
    run_id = queue(runtime, "create_index", ORDER)
    with pytest.raises(errors.MissingScope):
        runs.cancel(runtime, Caller("key_x", "x", frozenset({"read"})), run_id)


def test_progress_is_written_and_a_lost_lease_is_heard(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WRITE_SECONDS", 0)
    run_id = queue(runtime, "list_indexes", {})
    held = executing.claim_due(runtime)
    assert held is not None
    told = progress.Progress(runtime.database, held, str(held.lease_token), threading.Event())
    told.report(3, 10, 1, {"row": 3})
    run = stored(runtime, run_id)
    change(runtime, run_id, lease_token="another's")
    with pytest.raises(Stopped) as caught:
        told.report(4, 10)
    assert (run.done_count, run.total_count, run.error_count, run.place, caught.value.why) == (
        3, 10, 1, {"row": 3}, "overtaken",
    )  # fmt: skip


def test_a_run_that_waits_for_long_keeps_no_worker_and_goes_on_where_it_was(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    accepting.accept(runtime, OPERATOR, "create_index", ORDER)
    pinecone_emulator.control.advance(60)
    accepting.accept(runtime, OPERATOR, "create_backup", {"index": "docs"})
    pinecone_emulator.control.advance(60)
    run_id = queue(runtime, "restore_backup", {"index": "docs", "name": "docs-again"})
    worked = [work(runtime), work(runtime)]
    resting = stored(runtime, run_id)
    pinecone_emulator.control.advance(60)
    change(runtime, run_id, next_at=clock.now() - timedelta(seconds=1))
    work(runtime)
    run = stored(runtime, run_id)
    assert (worked, resting.state, resting.attempt_count) == ([True, False], "queued", 0)
    assert resting.place is not None
    assert (run.state, run.attempt_count, run.output and run.output["done"]) == ("succeeded", 1, True)
    jobs = accepting.accept(runtime, OPERATOR, "list_restore_jobs", {}).output
    assert [job["restore_job_id"] for job in (jobs or {})["restore_jobs"]] == [
        resting.place["restore_job_id"]
    ]
