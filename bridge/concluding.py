"""Concluding: a run that has ended is told, in the transaction that writes its end."""

from __future__ import annotations

from typing import Final

import orjson
from sqlmodel import Session

from bridge import clock, events, fanout
from bridge.models import Event, Run
from bridge.plugin import JSON

MAX_OUTPUT_BYTES: Final = 512 * 1024
"""Larger ones are fetched with the run: webhooks carry at most a megabyte."""


def conclude(session: Session, run: Run) -> None:
    """Tell of a run whose state is succeeded, failed or cancelled; each end is told once."""
    at = run.finished_at or clock.now()
    data = {
        "run": run.id,
        "action": run.action,
        "connection": run.connection_id,
        "state": run.state,
        "output": run.output if _fits(run.output) else None,
        "error": run.error,
        "attempt_count": run.attempt_count,
        "created_at": clock.iso(run.created_at),
        "started_at": clock.iso(run.started_at) if run.started_at else None,
        "finished_at": clock.iso(at),
    }
    event = Event(
        dedupe_key=f"run.{run.state} {run.id} {run.attempt_count}",
        type=f"run.{run.state}",
        connection_id=run.connection_id,
        key=run.id,
        life=run.id,
        status=run.state,
        previous_status="running" if run.started_at else "queued",
        data=data,
        timestamp=at,
        observed_at=at,
    )
    new = events.store(session, [event])
    fanout.fan_out(session, new)
    if run.callback_id and new:
        fanout.owe(session, event, run.callback_id)


def _fits(output: JSON | None) -> bool:
    return output is None or len(orjson.dumps(output)) <= MAX_OUTPUT_BYTES
