"""Simulating: lets an event of any type seem to happen, marked as a test, on the very path of the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from bridge import auditing, connecting, errors, events, fanout, pulling
from bridge.access import Caller
from bridge.models import Event
from bridge.plugin import JSON
from bridge.registry import EventType
from bridge.runtime import Runtime

SAMPLES: Final = 3


def simulate(
    runtime: Runtime, caller: Caller, name: str, *, connection: str | None = None, **changes: Any
) -> tuple[Event, int]:
    """Store the example of an event type, `test: true`, for every endpoint that wants it; return it, and how many.

    connection: an id or a name; None = the default one. changes: `key`, `status`, `previous_status` or `data`
    (whose fields replace those of the example) other than the example's.
    Raises NotFound, UnknownConnection, InvalidInput when the data is not that of the type.
    """
    known = _known(runtime, name)
    data = {**known.example["data"], **changes.pop("data", {})}
    known.data.check(data, what="the data")
    event = events.sample(known, connecting.chosen(runtime, caller, connection).id, **changes, data=data)
    with runtime.database.write() as session:
        events.store(session, [event])
        owed = fanout.fan_out(session, [event])
        auditing.note(session, caller, "event.simulate", event.id)
    return event, owed


def samples(runtime: Runtime, caller: Caller, name: str, *, connection: str | None = None) -> Sequence[JSON]:
    """Return the newest events of a type the caller may see, as they are sent; its example when there is none.

    Raises NotFound, UnknownConnection.
    """
    known = _known(runtime, name)
    wanted = pulling.Filter(event_type=name, connection=connection)
    rows = pulling.page(runtime, caller, cursor=None, limit=SAMPLES, wanted=wanted).rows
    return [events.wire(row) for row in rows] or [known.example]


def _known(runtime: Runtime, name: str) -> EventType:
    known = runtime.registry.event_types.get(name)
    if known is None:
        raise errors.NotFound(f"there is no event type {name[:80]!r}; GET /v1/event-types lists them")
    return known
