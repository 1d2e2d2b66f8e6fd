"""Running: performs one action for one caller, and writes down what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from sqlmodel import Session

from bridge import (
    auditing,
    clock,
    concluding,
    connecting,
    errors,
    files,
    logs,
    performing,
    reaching,
    watching,
)
from bridge.access import Caller
from bridge.contract import is_small
from bridge.errors import PinehookError
from bridge.models import Run
from bridge.plugin import JSON
from bridge.registry import ActionPlugin
from bridge.runtime import Runtime
from bridge.sealed import Sealed

log = structlog.get_logger()
MAX_STORED_BYTES: Final = 16 * 1024
"""Inputs and outputs up to this size are kept on the run; larger ones only where a run needs them itself."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run: an action, on a connection, with an input that was checked, for a caller."""

    caller: Caller
    action: ActionPlugin
    connection: Sealed
    input: JSON

    def row(self, **values: Any) -> Run:
        """Return a new run of it."""
        return Run(
            action=self.action.name,
            connection_id=self.connection.id,
            api_key_id=self.caller.api_key_id,
            actor=self.caller.name,
            remote=self.caller.remote,
            **values,
        )


@dataclass(frozen=True, slots=True)
class Ran:
    """What an action gave, and the run row that tells of it (writes only)."""

    run_id: str | None
    output: JSON


def order(
    runtime: Runtime, caller: Caller, action_name: str, action_input: Any, *, connection: str | None = None
) -> Order:
    """Check what is asked for: the action, the caller's scope, the connection, the input.

    connection: an id or a name; None means the default one.
    Raises UnknownAction, MissingScope, UnknownConnection, InvalidInput.
    """
    action = runtime.registry.actions.get(action_name)
    if action is None:
        raise errors.UnknownAction(f"there is no action {action_name!r}; GET /v1/actions lists them")
    caller.require(action.scope)
    chosen = connecting.chosen(runtime, caller, connection)
    checked = action.check(action_input)
    reaching.refuse_beyond(caller, action, checked)
    files.refuse_unknown(runtime.database, caller, checked)
    return Order(caller, action, chosen, checked)


def run(
    runtime: Runtime, caller: Caller, action_name: str, action_input: Any, *, connection: str | None = None
) -> Ran:
    """Check the input, perform the action, check its output; writes leave a run row and an audit row.

    Raises what `order` raises, or what Pinecone's refusal means.
    """
    return carry_out(runtime, order(runtime, caller, action_name, action_input, connection=connection))


def carry_out(runtime: Runtime, asked: Order) -> Ran:
    """Perform what is asked for, here and now. Raises what Pinecone's refusal means."""
    action = asked.action
    row = None
    if action.acts(asked.input):
        now = clock.now()
        row = asked.row(created_at=now, started_at=now, attempt_count=1)
    with logs.bound(connection_id=asked.connection.id, **({"run_id": row.id} if row else {})):
        started = clock.monotonic()
        try:
            output = performing.perform(runtime, action, asked.connection, asked.input)
        except PinehookError as problem:
            log.info("action.failed", action=action.name, code=problem.code, seconds=_since(started))
            if row:
                _write_down(runtime, asked, row, problem=problem)
            raise
        # A read is told by its request's line, or its run's: each line costs more than a lookup.
        if row:
            log.info("action.ran", action=action.name, seconds=_since(started))
            _write_down(runtime, asked, row, output=output)
    return Ran(row.id if row else None, output)


def _write_down(
    runtime: Runtime,
    asked: Order,
    row: Run,
    *,
    output: JSON | None = None,
    problem: PinehookError | None = None,
) -> None:
    row.state = "failed" if problem else "succeeded"
    row.input = kept(asked.input)
    row.output = asked.action.output.without_once(kept(output))
    row.error = told(problem) if problem else None
    with runtime.database.write() as session:
        end(session, asked.action, row, asked.input, output)


def end(
    session: Session, action: ActionPlugin | None, row: Run, checked: JSON, output: JSON | None = None
) -> None:
    """Write the end of a run, whatever its state says that is, and all that follows from it.

    action: None = there is no such action any more. output: all of it, also where the row keeps none.
    """
    row.finished_at = clock.now()
    row.lease_token = row.lease_until = None
    session.add(row)
    acted = action is None or action.acts(checked)
    if acted or row.durable:
        concluding.conclude(session, row)
    if not acted:
        return
    if action and action.touches:
        watching.hurry(session, str(row.connection_id), action.touches)
    subject = str(checked.get("index") or checked.get("name") or row.connection_id)
    outcome = {"succeeded": "done", "failed": str((row.error or {}).get("code"))}.get(row.state, row.state)
    caller = Caller(row.api_key_id, row.actor, frozenset(), remote=row.remote)
    count = _count(action, output)
    auditing.note(
        session, caller, f"action.{row.action}", subject, run_id=row.id, outcome=outcome, count=count
    )


def _count(action: ActionPlugin | None, output: JSON | None) -> int | None:
    """Return how many things a run wrote or deleted, None where nobody knows."""
    if action is None or output is None:
        return None
    count: int | None = output[action.counts] if action.counts else 1
    return count


def told(problem: PinehookError) -> JSON:
    """Return a problem as a run keeps it."""
    faults = [{"pointer": fault.pointer, "message": fault.message} for fault in problem.errors]
    return {"code": problem.code, "detail": problem.detail, "errors": faults}


def kept(value: JSON | None) -> JSON | None:
    """Return what of an input or output is worth a row: all of it, or nothing."""
    small = value is not None and is_small(value) and len(orjson.dumps(value)) <= MAX_STORED_BYTES
    return value if small else None


def _since(started: float) -> float:
    return round(clock.monotonic() - started, 4)
