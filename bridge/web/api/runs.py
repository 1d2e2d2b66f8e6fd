"""`/v1/runs`: what was run."""

from __future__ import annotations

from flask import Blueprint

from bridge import running
from bridge.models import Run
from bridge.plugin import JSON
from bridge.web import paging
from bridge.web.door import Call, operation

room = Blueprint("runs", __name__)


@operation(room, "GET /v1/runs", "read", answer="run", many=True, query="run.list")
def list_runs(call: Call) -> JSON:
    """List runs, newest first.

    Actions that only read leave no run.
    """
    found = running.page(
        call.runtime, call.caller, cursor=call.cursor, limit=call.limit, action=call.query.get("action")
    )
    return paging.listed(found, _short)


@operation(room, "GET /v1/runs/<run_id>", "read", answer="run_details")
def get_run(call: Call, run_id: str) -> JSON:
    """Get a run, with its input and output where they were kept."""
    run = running.get(call.runtime, call.caller, run_id)
    return {**_short(run), "input": run.input, "output": run.output}


def _short(run: Run) -> JSON:
    return {
        "id": run.id,
        "action": run.action,
        "connection": run.connection_id,
        "state": run.state,
        "error": run.error,
        "done_count": run.done_count,
        "total_count": run.total_count,
        "attempt_count": run.attempt_count,
        "created_at": run.created_at,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
    }
