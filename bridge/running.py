"""Running: performs one action for one caller, and writes down what was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
import structlog
from sqlmodel import col, select

from bridge import auditing, clock, concluding, connecting, errors, logs, pages, watching
from bridge.access import Caller
from bridge.contract import is_small
from bridge.errors import PinehookError
from bridge.models import Run
from bridge.pages import Page
from bridge.plugin import JSON
from bridge.registry import ActionPlugin
from bridge.runtime import Runtime

log = structlog.get_logger()
MAX_STORED_BYTES: Final = 16 * 1024
"""Inputs and outputs up to this size are kept on the run; larger ones are not worth a row."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What an action gave, and the run row that tells of it (writes only)."""

    run_id: str | None
    output: JSON


def run(
    runtime: Runtime, caller: Caller, action_name: str, action_input: Any, *, connection: str | None = None
) -> Ran:
    """Check the input, perform the action, check its output; writes leave a run row and an audit row.

    connection: an id or a name; None means the default one.
    Raises UnknownAction, MissingScope, UnknownConnection, InvalidInput, or what Pinecone's refusal means.
    """
    action = runtime.registry.actions.get(action_name)
    if action is None:
        raise errors.UnknownAction(f"there is no action {action_name!r}; GET /v1/actions lists them")
    caller.require(action.scope)
    connection_id = connecting.get(runtime, caller, connection).id
    checked = action.check(action_input)
    row = None
    if action.acts(checked):
        row = Run(action=action.name, connection_id=connection_id, api_key_id=caller.api_key_id,
                  started_at=clock.now(), attempt_count=1)  # fmt: skip
    with logs.bound(connection_id=connection_id, **({"run_id": row.id} if row else {})):
        started = clock.monotonic()
        try:
            output = _perform(runtime, action, connection_id, checked)
        except PinehookError as problem:
            log.info("action.failed", action=action.name, code=problem.code, seconds=_since(started))
            if row:
                _write_down(runtime, caller, action, row, checked, problem=problem)
            raise
        log.info("action.ran", action=action.name, seconds=_since(started))
        if row:
            _write_down(runtime, caller, action, row, checked, output=output)
    return Ran(row.id if row else None, output)


def get(runtime: Runtime, caller: Caller, run_id: str) -> Run:
    """Return a run. Raises NotFound."""
    with runtime.database.read() as session:
        row = session.get(Run, run_id)
    if row is None or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"this API key sees no run {run_id!r}")
    return row


def page(
    runtime: Runtime, caller: Caller, *, cursor: str | None, limit: int, action: str | None = None
) -> Page[Run]:
    """Return the runs of the caller's connections, newest first."""
    statement = select(Run)
    if action is not None:
        statement = statement.where(col(Run.action) == action)
    if caller.connection_ids is not None:
        statement = statement.where(col(Run.connection_id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Run.id), cursor=cursor, limit=limit)


def _perform(runtime: Runtime, action: ActionPlugin, connection_id: str, checked: JSON) -> JSON:
    context = runtime.connections.context(connection_id)
    try:
        try:
            output = action.run(context, checked)
        except errors.DimensionMismatch:
            # Nothing was sent. What is remembered of the index may be of an earlier life: look once more.
            _forget(runtime, connection_id, checked)
            output = action.run(context, checked)
        return _fitting(action, output)
    except Exception as error:
        problem = runtime.connections.explain(error)
        if isinstance(problem, errors.PineconeNotFound):
            _forget(runtime, connection_id, checked)
        if isinstance(problem, errors.InternalError):
            log.exception("action.broken", error=type(error).__name__)
        raise problem from error


def _forget(runtime: Runtime, connection_id: str, checked: JSON) -> None:
    for named in (checked, *checked.get("indexes", ())):
        runtime.connections.forget_index(connection_id, str(named.get("index")))


def _fitting(action: ActionPlugin, output: JSON) -> JSON:
    try:
        fitting: JSON = action.output.check(output, what="the output")
    except errors.InvalidInput as error:
        log.exception("action.output_misfit", action=action.name)
        raise errors.InternalError(
            f"the action {action.name} gave an output that breaks its own schema"
        ) from error
    return fitting


def _write_down(
    runtime: Runtime,
    caller: Caller,
    action: ActionPlugin,
    row: Run,
    checked: JSON,
    *,
    output: JSON | None = None,
    problem: PinehookError | None = None,
) -> None:
    row.finished_at = clock.now()
    row.state = "failed" if problem else "succeeded"
    row.input = _kept(checked)
    row.output = action.output.without_once(_kept(output))
    row.error = {"code": problem.code, "detail": problem.detail} if problem else None
    with runtime.database.write() as session:
        session.add(row)
        concluding.conclude(session, row)
        if action.touches:
            watching.hurry(session, str(row.connection_id), action.touches)
        subject = str(checked.get("index") or checked.get("name") or row.connection_id)
        auditing.note(session, caller, f"action.{action.name}", subject, run_id=row.id,
                      outcome=problem.code if problem else "done")  # fmt: skip


def _since(started: float) -> float:
    return round(clock.monotonic() - started, 4)


def _kept(value: JSON | None) -> JSON | None:
    small = value is not None and is_small(value) and len(orjson.dumps(value)) <= MAX_STORED_BYTES
    return value if small else None
