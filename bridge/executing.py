"""Executing: claims runs that are queued, or whose process was lost, and carries them to their end.

A run is held by a lease and its token; whoever writes its end must still hold it. What may pass is tried again
after a while from where the run had got to; what Pinecone cannot do twice harmlessly never is (bridge.once).
"""

from __future__ import annotations

import threading
from typing import Final

import structlog
from sqlalchemy import func, or_
from sqlmodel import Session, col, delete, select

from bridge import db, errors, logs, once, performing, running, sealed
from bridge.errors import PinehookError
from bridge.models import IdempotencyKey, Run
from bridge.plugin import JSON
from bridge.progress import LEASE_SECONDS, RUNS, Progress, Stopped
from bridge.registry import ActionPlugin
from bridge.runtime import Runtime

log = structlog.get_logger()
WAIT_SECONDS: Final = (5, 30, 120, 300, 600)
"""How long after a failure that may pass a run is tried again; after the last it has failed."""
REFUSED: Final = frozenset(
    {"busy", "pinecone_rate_limited", "pinecone_unreachable", "provider_rate_limited", "provider_unreachable"}
)
"""Failures of which it is sure that what was asked last was not done."""
AMBIGUOUS: Final = frozenset({"pinecone_conflict", "pinecone_not_found", "pinecone_failed_precondition"})


def claim_due(runtime: Runtime) -> Run | None:
    """Lease a run that is due to this caller: one that is queued, or one whose process was lost."""
    now = runtime.database.now()
    due = or_(
        (RUNS.c.state == "queued") & (RUNS.c.next_at <= now),
        (RUNS.c.state == "running") & (RUNS.c.lease_until < now),
    )
    begun = {
        "state": "running",
        "attempt_count": RUNS.c.attempt_count + 1,
        "started_at": func.coalesce(RUNS.c.started_at, now),
    }
    with runtime.database.write() as session:
        _, rows = db.claim(
            session, RUNS, due=due, order=(RUNS.c.next_at, RUNS.c.id), limit=1, lease_seconds=LEASE_SECONDS, values=begun
        )  # fmt: skip
        return Run(**rows[0]) if rows else None


def execute_due(runtime: Runtime, stop: threading.Event) -> bool:
    """Execute one run that is due; return whether there was one."""
    run = claim_due(runtime)
    if run is None:
        return False
    try:
        execute(runtime, run, stop)
    except PinehookError:
        pass  # its row tells
    except Stopped as stopped:
        (log.debug if stopped.why == "resting" else log.info)("run.stopped", run_id=run.id, why=stopped.why)
    return True


def execute(runtime: Runtime, run: Run, stop: threading.Event, *, patient: bool = True) -> JSON:
    """Carry a run that the caller holds to its end; return its output.

    patient: what may pass is tried again later. Raises the problem it failed with, and Stopped when it goes on
    later or elsewhere, or was cancelled.
    """
    progress = Progress(runtime.database, run, str(run.lease_token), stop)
    with logs.bound(run_id=run.id, connection_id=run.connection_id):
        try:
            with progress.kept():
                action, output = _performed(runtime, run, progress)
        except Stopped as stopped:
            _stop(runtime, run, progress, stopped)
            raise
        except PinehookError as problem:
            log.info("run.failed", action=run.action, code=problem.code, attempt=run.attempt_count)
            _fail(runtime, run, progress, problem, patient=patient)
            raise
        log.info("run.succeeded", action=run.action, attempt=run.attempt_count)
        with runtime.database.write() as session:
            if row := _held(session, run, progress):
                row.state, row.error = "succeeded", None
                row.output = action.output.without_once(output)
                row.place = None
                _end(session, runtime, row)
    return output


def _performed(runtime: Runtime, run: Run, progress: Progress) -> tuple[ActionPlugin, JSON]:
    action = runtime.registry.actions.get(run.action)
    if action is None or run.input is None or run.connection_id is None:
        raise errors.UnknownAction(f"the action {run.action!r} is gone, or what it was asked")
    if run.cancel_asked:
        raise Stopped("cancelled")
    again = run.attempt_count - run.prior_count
    if again > len(WAIT_SECONDS) + 1:
        raise errors.RunLost(f"{again - 1} attempts were begun, and none came back")
    if action.look:
        return action, once.perform(runtime, action, run, progress)
    if action.once and again > 1:
        raise errors.OutcomeUnknown("an earlier attempt was lost, and nothing tells whether it was done")
    try:
        connection = sealed.find(runtime.database, run.connection_id)
        return action, performing.perform(runtime, action, connection, run.input, progress)
    except PinehookError as problem:
        if run.attempt_count > 1 and problem.code in AMBIGUOUS and not _only_reads(action, run):
            problem.detail += "; it may be an earlier attempt of this run that has done it"
        raise


def _stop(runtime: Runtime, run: Run, progress: Progress, stopped: Stopped) -> None:
    if stopped.why == "overtaken":
        return
    with runtime.database.write() as session:
        row = _held(session, run, progress)
        if row is None:
            return
        if stopped.why == "cancelled":
            row.state = "cancelled"
            _end(session, runtime, row)
        else:  # it rests, or this process ends and another goes on at once
            row.attempt_count -= 1
            _requeue(row, stopped.seconds, runtime)


def _fail(runtime: Runtime, run: Run, progress: Progress, problem: PinehookError, *, patient: bool) -> None:
    made = run.attempt_count - run.prior_count
    action = runtime.registry.actions.get(run.action)
    harmless = problem.code in REFUSED or progress.place is not None or _only_reads(action, run)
    if action and action.once and not action.look:  # a second attempt could not be told from a lost one
        harmless = False
    with runtime.database.write() as session:
        row = _held(session, run, progress)
        if row is None:
            return
        row.error = running.told(problem)
        if patient and problem.retryable and harmless and made <= len(WAIT_SECONDS):
            wait = max(WAIT_SECONDS[made - 1], problem.retry_after_seconds or 0)
            _requeue(row, wait, runtime)
            return
        row.state = "failed"
        _end(session, runtime, row)
        if problem.retryable:  # the same key may ask again
            session.exec(delete(IdempotencyKey).where(col(IdempotencyKey.run_id) == row.id))


def _only_reads(action: ActionPlugin | None, run: Run) -> bool:
    return action is not None and not action.acts(run.input or {})


def _held(session: Session, run: Run, progress: Progress) -> Run | None:
    mine = select(Run).where(col(Run.id) == run.id, col(Run.lease_token) == run.lease_token)
    row = session.exec(mine.with_for_update()).first()
    if row is None:
        log.warning("run.overtaken", run_id=run.id)
        return None
    for name, value in progress.counts.items():
        setattr(row, name, value)
    row.place = progress.place
    return row


def _requeue(row: Run, wait_seconds: float, runtime: Runtime) -> None:
    row.state = "queued"
    row.lease_token = row.lease_until = None
    row.next_at = db.after(runtime.database.engine.dialect.name, wait_seconds)  # type: ignore[assignment]


def _end(session: Session, runtime: Runtime, row: Run) -> None:
    checked = row.input or {}
    if row.state == "succeeded":  # nothing will need it again
        row.input = running.kept(row.input)
    output = row.output if row.state == "succeeded" else None
    running.end(session, runtime.registry.actions.get(row.action), row, checked, output)
