"""`/v1/runs`: what was run, and what still runs."""

from __future__ import annotations

from flask import Blueprint, Response

from bridge import clock, errors, running, runs
from bridge.formats import spreadsheet
from bridge.models import Run
from bridge.plugin import JSON
from bridge.web import paging, reading, waiting
from bridge.web.door import CSV_TYPE, Answer, Call, operation

room = Blueprint("runs", __name__)


@operation(room, "GET /v1/runs", "read", answer="run", many=True, query="run.list")
def list_runs(call: Call) -> JSON:
    """List runs, newest first.

    Actions that only read leave a run where it was asked for: in the background, or with an Idempotency-Key.
    """
    found = runs.page(
        call.runtime, call.caller, cursor=call.cursor, limit=call.limit, action=call.query.get("action")
    )
    return paging.listed(found, shape)


@operation(room, "GET /v1/runs/<run_id>", "read", answer="run_details", query="run.get", csv=True)
def get_run(call: Call, run_id: str) -> JSON | Response:
    """Get a run, with its input and output where they were kept, or the output alone as CSV; or wait for its end."""
    seconds = call.query.get("wait", 0)
    with waiting.seat(needed=seconds > 0):
        run = runs.wait(call.runtime, call.caller, run_id, seconds)
    if reading.wants_csv(call.query):
        if run.output is None:
            raise errors.Conflict(f"{run.id} is {run.state} and has no output to make a table of")
        return as_csv(run.output, {})
    return {**shape(run), "input": running.kept(run.input), "output": run.output}


@operation(room, "POST /v1/runs/<run_id>/cancel", "any", answer="run")
def cancel_run(call: Call, run_id: str) -> JSON:
    """Cancel a run: a queued one at once, a running one at its next step; one that has ended stays as it is."""
    return shape(runs.cancel(call.runtime, call.caller, run_id))


@operation(room, "POST /v1/runs/<run_id>/retry", "any", answer="run", statuses=(202,))
def retry_run(call: Call, run_id: str) -> Answer:
    """Queue a run again that failed or was cancelled; it goes on from where it had got to."""
    return accepted(runs.retry(call.runtime, call.caller, run_id))


def as_csv(output: JSON, headers: dict[str, str]) -> Response:
    """Answer with an output as a table."""
    return Response(spreadsheet.table(output), headers=headers, content_type=CSV_TYPE)


def accepted(run: Run) -> Answer:
    """Answer with a run that has not ended."""
    headers = {"Location": f"/v1/runs/{run.id}", "Pinehook-Run-Id": run.id}
    return Answer(shape(run), status=202, headers=headers)


def shape(run: Run) -> JSON:
    """Write a run without what went in and came out."""
    return {
        "id": run.id,
        "action": run.action,
        "connection": run.connection_id,
        "state": run.state,
        "error": run.error,
        "done_count": run.done_count,
        "total_count": run.total_count,
        "error_count": run.error_count,
        "per_second": _per_second(run),
        "attempt_count": run.attempt_count,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }


def _per_second(run: Run) -> float | None:
    if run.started_at is None:
        return None
    seconds = ((run.finished_at or clock.now()) - run.started_at).total_seconds()
    return round(run.done_count / seconds, 1) if seconds > 0 else 0.0
