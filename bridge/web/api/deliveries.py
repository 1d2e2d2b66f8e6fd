"""`/v1/deliveries`: which events are owed to whom, and how sending them went."""

from __future__ import annotations

from flask import Blueprint

from bridge import cancelling, requeueing, resending
from bridge.models import Attempt, Delivery
from bridge.plugin import JSON
from bridge.web import paging, reading
from bridge.web.door import Call, operation

room = Blueprint("deliveries", __name__)


@operation(room, "GET /v1/deliveries", "read", answer="delivery", many=True, query="delivery.list")
def list_deliveries(call: Call) -> JSON:
    """List deliveries, newest first."""
    found = resending.page(
        call.runtime,
        call.caller,
        cursor=call.cursor,
        limit=call.limit,
        endpoint_id=call.query.get("endpoint"),
        event_id=call.query.get("event"),
        state=call.query.get("state"),
    )
    return paging.listed(found, shape)


@operation(room, "GET /v1/deliveries/<delivery_id>", "read", answer="delivery_details")
def get_delivery(call: Call, delivery_id: str) -> JSON:
    """Get a delivery, with each of its attempts."""
    delivery, attempts = resending.get_with_attempts(call.runtime, call.caller, delivery_id)
    return {**shape(delivery), "attempts": [_attempt(attempt) for attempt in attempts]}


@operation(room, "POST /v1/deliveries/<delivery_id>/resend", "write", answer="delivery")
def resend_delivery(call: Call, delivery_id: str) -> JSON:
    """Send a delivery again now; its attempts go on counting."""
    return shape(resending.resend(call.runtime, call.caller, delivery_id))


@operation(room, "POST /v1/deliveries/requeue", "write", answer="requeue", body="delivery.requeue")
def requeue_deliveries(call: Call) -> JSON:
    """Send all that failed again, of one endpoint or of all, or count it; asking twice sends nothing twice."""
    done = requeueing.requeue(
        call.runtime, call.caller, **{**call.body, **reading.moments(call.body, "since", "until")}
    )
    return {"dry_run": call.body["dry_run"], "count": done.count, "until": done.until, "more": done.more}


@operation(room, "POST /v1/deliveries/<delivery_id>/cancel", "write", answer="delivery")
def cancel_delivery(call: Call, delivery_id: str) -> JSON:
    """Cancel a delivery that waits; one that has ended stays as it is."""
    return shape(cancelling.cancel(call.runtime, call.caller, delivery_id))


def shape(row: Delivery) -> JSON:
    """Write a delivery."""
    return {
        "id": row.id,
        "event": row.event_id,
        "endpoint": row.endpoint_id,
        "state": row.state,
        "attempt_count": row.attempt_count,
        "next_at": row.next_at if row.state == "pending" else None,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
    }


def _attempt(row: Attempt) -> JSON:
    return {
        "id": row.id,
        "number": row.number,
        "started_at": row.started_at,
        "duration_seconds": row.duration_seconds,
        "status_code": row.status_code,
        "outcome": row.outcome,
        "error": row.error,
        "response_excerpt": row.response_excerpt,
        "late": row.late,
    }
