"""`/v1/events` and `/v1/event-types`: what happened, and what can happen."""

from __future__ import annotations

from flask import Blueprint

from bridge import errors, events, pulling, simulating
from bridge.plugin import JSON
from bridge.pulling import Filter
from bridge.registry import EventType
from bridge.web import paging, waiting
from bridge.web.door import Call, operation

room = Blueprint("events", __name__)


@operation(room, "GET /v1/events", "read", answer="event", many=True, query="event.list")
def list_events(call: Call) -> JSON:
    """List events, newest first, or with `after` in the order of their commits, waiting for the next."""
    wanted = Filter(call.query.get("type"), call.query.get("connection"), call.query.get("resource"))
    if "after" not in call.query:
        found = pulling.page(call.runtime, call.caller, cursor=call.cursor, limit=call.limit, wanted=wanted)
        return paging.listed(found, events.wire)
    return _pulled(call, wanted)


@operation(room, "GET /v1/events/<event_id>", "read", answer="event")
def get_event(call: Call, event_id: str) -> JSON:
    """Get an event, as it was sent."""
    return events.wire(pulling.get(call.runtime, call.caller, event_id))


@operation(room, "GET /v1/event-types", "any", answer="event_type", many=True)
def list_event_types(call: Call) -> JSON:
    """List the event types, by name, each with the schema of its data and an example."""
    return paging.whole(call.runtime.registry.event_types.values(), _shape)


@operation(room, "GET /v1/event-types/<name>", "any", answer="event_type")
def describe_event_type(call: Call, name: str) -> JSON:
    """Describe an event type: the schema of its data, and an example."""
    known = call.runtime.registry.event_types.get(name)
    if known is None:
        raise errors.NotFound(f"there is no event type {name!r}; GET /v1/event-types lists them")
    return _shape(known)


@operation(
    room, "GET /v1/event-types/<name>/samples", "read", answer="event", many=True, query="event_type.samples"
)
def list_samples(call: Call, name: str) -> JSON:
    """List the newest events of a type, at most three; its example when none has happened yet."""
    found = simulating.samples(call.runtime, call.caller, name, connection=call.query.get("connection"))
    return paging.whole(found, lambda event: event)


@operation(
    room,
    "POST /v1/event-types/<name>/simulate",
    "write",
    answer="simulation",
    body="event_type.simulate",
    statuses=(201,),
)
def simulate_event(call: Call, name: str) -> JSON:
    """Let an event of a type seem to happen, marked as a test; every endpoint that wants it is sent it."""
    event, owed = simulating.simulate(call.runtime, call.caller, name, **call.body)
    return {"event": events.wire(event), "delivery_count": owed}


def _pulled(call: Call, wanted: Filter) -> JSON:
    wait_seconds = call.query.get("wait", 0)
    with waiting.seat(needed=wait_seconds > 0):
        found = pulling.after(
            call.runtime,
            call.caller,
            cursor=call.query["after"],
            limit=call.limit,
            wait_seconds=wait_seconds,
            wanted=wanted,
        )
    return {"data": [events.wire(row) for row in found.rows], "next_cursor": found.cursor}


def _shape(known: EventType) -> JSON:
    return {
        "name": known.name,
        "title": known.title,
        "description": known.description,
        "trigger": known.trigger,
        "schema": known.data.bundled,
        "example": known.example,
    }
