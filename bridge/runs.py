"""The verbs of runs: look at them, wait for their end, cancel them, and try again what failed."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy.orm import defer
from sqlmodel import Session, col, select

from bridge import auditing, clock, errors, pages, reaching, running
from bridge.access import Caller
from bridge.errors import Fault, PinehookError
from bridge.models import Run
from bridge.pages import Page
from bridge.runtime import Runtime

ENDED: Final = frozenset({"succeeded", "failed", "cancelled"})
LOOK_SECONDS: Final = 0.05


def get(runtime: Runtime, caller: Caller, run_id: str) -> Run:
    """Return a run. Raises NotFound."""
    with runtime.database.read() as session:
        return _visible(session, caller, run_id)


def page(
    runtime: Runtime, caller: Caller, *, cursor: str | None, limit: int, action: str | None = None
) -> Page[Run]:
    """Return the runs of the caller's connections, newest first, without what went in and came out."""
    large = (Run.input, Run.output, Run.place)
    statement = select(Run).options(*(defer(part, raiseload=True) for part in large))  # type: ignore[arg-type]  # columns
    if action is not None:
        statement = statement.where(col(Run.action) == action)
    if caller.connection_ids is not None:
        statement = statement.where(col(Run.connection_id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Run.id), cursor=cursor, limit=limit)


def wait(runtime: Runtime, caller: Caller, run_id: str, seconds: float) -> Run:
    """Return a run when it has ended, or as it is after so many seconds. Raises NotFound."""
    until = clock.monotonic() + seconds
    while True:
        with runtime.database.read() as session:
            state = session.exec(select(Run.state).where(Run.id == run_id)).first()
        if state is None or state in ENDED or clock.monotonic() >= until:
            return get(runtime, caller, run_id)
        time.sleep(LOOK_SECONDS)


def cancel(runtime: Runtime, caller: Caller, run_id: str) -> Run:
    """Cancel a run: a queued one at once, a running one at its next step; one that has ended stays as it is.

    Raises NotFound, MissingScope.
    """
    with runtime.database.write() as session:
        row = _visible(session, caller, run_id, held=True)
        _may_change(runtime, caller, row)
        if row.state in ENDED or row.cancel_asked:
            return row
        row.cancel_asked = True
        auditing.note(session, caller, "run.cancel", row.id, run_id=row.id)
        if row.state == "queued":
            row.state = "cancelled"
            running.end(session, runtime.registry.actions.get(row.action), row, row.input or {})
    return row


def retry(runtime: Runtime, caller: Caller, run_id: str) -> Run:
    """Queue a run again that failed or was cancelled; it goes on from where it had got to.

    Raises NotFound, MissingScope, and Conflict when it has not failed or its input was not kept.
    """
    with runtime.database.write() as session:
        row = _visible(session, caller, run_id, held=True)
        _may_change(runtime, caller, row)
        if row.state not in ("failed", "cancelled"):
            raise errors.Conflict(
                f"{row.id} is {row.state}; only a run that failed or was cancelled is retried"
            )
        if row.input is None:
            raise errors.Conflict(f"the input of {row.id} was too large to be kept; ask for it anew")
        if row.error and row.error["code"] == errors.OutcomeUnknown.code:
            raise errors.Conflict(
                f"nobody knows whether {row.id} was done; look, and ask for it anew if it was not"
            )
        row.state, row.durable, row.cancel_asked = "queued", True, False
        row.prior_count, row.next_at = row.attempt_count, clock.now()
        row.finished_at = row.error = None
        auditing.note(session, caller, "run.retry", row.id, run_id=row.id)
    return row


def problem(run: Run) -> PinehookError:
    """Return the error that a run which failed or was cancelled is answered with."""
    if run.state == "cancelled":
        return errors.RunCancelled(f"{run.id} was cancelled before it had ended")
    told = run.error or {}
    kind = errors.BY_CODE.get(str(told.get("code")), errors.InternalError)
    faults = tuple(Fault(fault["pointer"], fault["message"]) for fault in told.get("errors", ()))
    return kind(str(told.get("detail")), errors=faults)


def _visible(session: Session, caller: Caller, run_id: str, *, held: bool = False) -> Run:
    statement = select(Run).where(Run.id == run_id)
    row = session.exec(statement.with_for_update() if held else statement).first()
    if row is None or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"this API key sees no run {run_id!r}")
    return row


def _may_change(runtime: Runtime, caller: Caller, row: Run) -> None:
    action = runtime.registry.actions.get(row.action)
    if action is not None:
        caller.require(action.scope)
        reaching.refuse_beyond(caller, action, row.input or {})
