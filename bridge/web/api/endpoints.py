"""`/v1/endpoints`: who is sent which events."""

from __future__ import annotations

from flask import Blueprint

from bridge import endpoints, events, previewing, rehearsing, replaying, rotating
from bridge.models import Endpoint
from bridge.plugin import JSON
from bridge.rotating import Signing
from bridge.web import paging, reading
from bridge.web.api import deliveries
from bridge.web.door import Answer, Call, operation

room = Blueprint("endpoints", __name__)


@operation(room, "GET /v1/endpoints", "read", answer="endpoint", many=True, query="endpoint.list")
def list_endpoints(call: Call) -> JSON:
    """List the endpoints, newest first."""
    found = endpoints.page(call.runtime, call.caller, cursor=call.cursor, limit=call.limit)
    return paging.listed(found, _shape)


@operation(
    room, "POST /v1/endpoints", "write", answer="endpoint", body="endpoint.create", statuses=(201, 200)
)
def create_endpoint(call: Call) -> Answer:
    """Subscribe a URL to events; its signing secret is shown this once.

    The same URL, connection, event types, keys, filter and format again answer 200 with the endpoint that is there.
    """
    made = endpoints.create(
        call.runtime, call.caller, connection=call.body.pop("connection", None), **call.body
    )
    shape = {**_shape(made.endpoint), "secret": made.secret}
    place = f"{call.runtime.settings.public_url or ''}/v1/endpoints/{made.endpoint.id}"
    return Answer(shape, 201 if made.new else 200, {"Location": place})


@operation(room, "GET /v1/endpoints/<endpoint_id>", "read", answer="endpoint")
def get_endpoint(call: Call, endpoint_id: str) -> JSON:
    """Get an endpoint; its URL is masked, its secret not shown."""
    return _shape(endpoints.get(call.runtime, call.caller, endpoint_id))


@operation(room, "PATCH /v1/endpoints/<endpoint_id>", "write", answer="endpoint", body="endpoint.update")
def update_endpoint(call: Call, endpoint_id: str) -> JSON:
    """Pause an endpoint, let it go on, or change what it wants and how it is sent."""
    return _shape(endpoints.update(call.runtime, call.caller, endpoint_id, **call.body))


@operation(room, "DELETE /v1/endpoints/<endpoint_id>", "write", statuses=(204,))
def remove_endpoint(call: Call, endpoint_id: str) -> Answer:
    """Unsubscribe: remove an endpoint, and what is still owed to it."""
    endpoints.remove(call.runtime, call.caller, endpoint_id)
    return Answer(None)


@operation(room, "GET /v1/endpoints/<endpoint_id>/secret", "admin", answer="endpoint_secret")
def reveal_endpoint_secret(call: Call, endpoint_id: str) -> JSON:
    """Show what an endpoint's messages are verified by; the audit keeps who asked."""
    return _signing(rotating.reveal(call.runtime, call.caller, endpoint_id))


@operation(
    room,
    "POST /v1/endpoints/<endpoint_id>/secret/rotate",
    "write",
    answer="endpoint_secret",
    body="endpoint.secret.rotate",
)
def rotate_endpoint_secret(call: Call, endpoint_id: str) -> JSON:
    """Replace an endpoint's secret; the old one goes on signing beside it for a day, or as you say."""
    return _signing(rotating.rotate(call.runtime, call.caller, endpoint_id, **call.body))


@operation(room, "POST /v1/endpoints/<endpoint_id>/replay", "write", answer="replay", body="endpoint.replay")
def replay_endpoint(call: Call, endpoint_id: str) -> JSON:
    """Send an endpoint what it missed since a moment, or count it; asking twice sends nothing twice."""
    moments = reading.moments(call.body, "since", "until")
    done = replaying.replay(call.runtime, call.caller, endpoint_id, **{**call.body, **moments})
    return {
        "endpoint": endpoint_id,
        "dry_run": call.body["dry_run"],
        **done.counts,
        "until": done.until,
        "more": done.more,
    }


@operation(room, "POST /v1/endpoints/<endpoint_id>/test", "write", answer="delivery", body="endpoint.test")
def test_endpoint(call: Call, endpoint_id: str) -> JSON:
    """Send an endpoint an example, marked as a test; its delivery tells how it went."""
    return deliveries.shape(rehearsing.rehearse(call.runtime, call.caller, endpoint_id, **call.body))


@operation(room, "POST /v1/endpoints/preview", "read", answer="endpoint_preview", body="endpoint.preview")
def preview_endpoint(call: Call) -> JSON:
    """Tell which of the recent events an endpoint like this would have been sent, and how; none is made."""
    found = previewing.preview(call.runtime, call.caller, **call.body)
    matched = [events.wire(event) for event in found.matched]
    return {"checked": found.checked, "matched": matched, "message": found.message}


def _signing(found: Signing) -> JSON:
    return {
        "endpoint": found.endpoint.id,
        "scheme": found.endpoint.scheme,
        "secret": found.secret,
        "public_key": found.endpoint.public_key,
        "old_valid_until": list(found.old_valid_until),
    }


def _shape(row: Endpoint) -> JSON:
    return {
        "id": row.id,
        "url": row.masked_url,
        "description": row.description,
        "event_types": row.event_types,
        "keys": row.keys,
        "filter": row.filter,
        "connection": row.connection_id,
        "state": row.state,
        "reason": row.reason,
        "secret": None,
        "scheme": row.scheme,
        "public_key": row.public_key,
        "headers": dict.fromkeys(row.header_names, "…"),
        "retry_seconds": row.retry_seconds,
        "max_per_second": row.max_per_second,
        "ordered": row.ordered,
        "format": row.format,
        "template": row.template,
        "failure_count": row.failure_count,
        "failing_since_at": row.failing_since_at,
        "held_until_at": row.held_until_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
