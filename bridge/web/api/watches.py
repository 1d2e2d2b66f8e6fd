"""`/v1/watches`: what is looked at, how often, and how the looks went."""

from __future__ import annotations

from flask import Blueprint

from bridge import watching
from bridge.models import Watch
from bridge.plugin import JSON
from bridge.web import paging
from bridge.web.door import Answer, Call, operation

room = Blueprint("watches", __name__)


@operation(room, "GET /v1/watches", "read", answer="watch", many=True, query="watch.list")
def list_watches(call: Call) -> JSON:
    """List the watches, newest first."""
    found = watching.page(
        call.runtime,
        call.caller,
        cursor=call.cursor,
        limit=call.limit,
        connection=call.query.get("connection"),
        trigger=call.query.get("trigger"),
    )
    return paging.listed(found, _shape)


@operation(room, "POST /v1/watches", "write", answer="watch", body="watch.create", statuses=(201,))
def create_watch(call: Call) -> Answer:
    """Watch one kind of resource; the first look tells nothing, the next ones what changed."""
    row = watching.create(
        call.runtime,
        call.caller,
        connection=call.body.get("connection"),
        trigger=call.body["trigger"],
        options=call.body["options"],
        interval_seconds=call.body.get("interval_seconds"),
    )
    return Answer(_shape(row), headers={"Location": f"/v1/watches/{row.id}"})


@operation(room, "GET /v1/watches/<watch_id>", "read", answer="watch_details")
def get_watch(call: Call, watch_id: str) -> JSON:
    """Get a watch, how its last look went, how old the look at each part is, and what it names that is not there."""
    row = watching.get(call.runtime, call.caller, watch_id)
    shown = ("looked_at", "tried_at", "error")
    looks = {part: {name: note[name] for name in shown} for part, note in row.looks.items()}
    return {**_shape(row), "looks": looks, "absent": watching.absent(call.runtime, row)}


@operation(room, "PATCH /v1/watches/<watch_id>", "write", answer="watch", body="watch.update")
def update_watch(call: Call, watch_id: str) -> JSON:
    """Pause a watch, let it go on, or tune it."""
    return _shape(watching.update(call.runtime, call.caller, watch_id, **call.body))


@operation(room, "DELETE /v1/watches/<watch_id>", "delete", statuses=(204,))
def remove_watch(call: Call, watch_id: str) -> Answer:
    """Remove a watch; what it saw stays known."""
    watching.remove(call.runtime, call.caller, watch_id)
    return Answer(None)


def _shape(row: Watch) -> JSON:
    return {
        "id": row.id,
        "connection": row.connection_id,
        "trigger": row.trigger,
        "options": row.options,
        "interval_seconds": row.interval_seconds,
        "state": row.state,
        "reason": row.reason,
        "next_poll_at": row.next_poll_at,
        "baseline_at": row.baseline_at,
        "last_poll_at": row.last_poll_at,
        "last_success_at": row.last_success_at,
        "failure_count": row.failure_count,
        "last_error": row.last_error,
        "last_error_code": row.last_error_code,
        "last_call_count": row.last_call_count,
        "call_count": row.call_count,
        "oldest_look_at": _oldest(row),
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _oldest(row: Watch) -> str | None:
    moments: list[str | None] = [note["looked_at"] for note in row.looks.values()]
    seen = [moment for moment in moments if moment is not None]
    return min(seen) if seen and len(seen) == len(moments) else None
