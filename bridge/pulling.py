"""Pulling: events read by whoever asks for them instead of being sent them, newest first or in their order.

In their order nothing is missed: positions are given in the order of commits (bridge.events), and the head that a
reader is told is read before the events up to it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session, col, select

from bridge import clock, connecting, errors, fanout, pages
from bridge.access import Caller
from bridge.errors import Fault
from bridge.models import Counter, Event
from bridge.pages import Page
from bridge.runtime import Runtime

LOOK_SECONDS: Final = 0.2
PREFIX: Final = "e"
MAX_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class Pulled:
    """Events, oldest first, and the cursor to go on from, whether there were any or not."""

    rows: Sequence[Event]
    cursor: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which events are asked for; None = whichever. event_type: one, or `index.*`. connection: an id or a name."""

    event_type: str | None = None
    connection: str | None = None
    resource: str | None = None


EVERYTHING: Final = Filter()


def get(runtime: Runtime, caller: Caller, event_id: str) -> Event:
    """Return an event of the caller's connections. Raises NotFound."""
    with runtime.database.read() as session:
        row = session.get(Event, event_id)
    if row is None or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"your key sees no event {event_id!r}; events are cleared away by age")
    return row


def page(
    runtime: Runtime, caller: Caller, *, cursor: str | None, limit: int, wanted: Filter = EVERYTHING
) -> Page[Event]:
    """Return the events of the caller's connections, newest first.

    Raises UnknownConnection, and BadRequest for a cursor or an event type that is none.
    """
    statement = select(Event).where(*_conditions(runtime, caller, wanted))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Event.id), cursor=cursor, limit=limit)


def after(
    runtime: Runtime,
    caller: Caller,
    *,
    cursor: str,
    limit: int,
    wait_seconds: float = 0,
    wanted: Filter = EVERYTHING,
) -> Pulled:
    """Return the events after a cursor in the order of their commits, but tests; wait for one if there is none.

    cursor: as the last answer gave it; `start` = from the oldest kept; `now` = from now on.
    Raises UnknownConnection, EventsPruned, and BadRequest for a cursor or an event type that is none.
    """
    conditions = _conditions(runtime, caller, wanted)
    until = clock.monotonic() + wait_seconds
    position = _position(runtime, cursor)
    while True:
        with runtime.database.read() as session:
            head = _value(session, "event")
            rows: Sequence[Event] = []
            if head > position:
                statement = (
                    select(Event)
                    .where(
                        col(Event.position) > position,
                        col(Event.position) <= head,
                        col(Event.test).is_(False),
                        *conditions,
                    )
                    .order_by(col(Event.position))
                    .limit(limit)
                )
                rows = session.exec(statement).all()
        position = max(position, head) if len(rows) < limit else rows[-1].position or head
        if rows or clock.monotonic() >= until:
            return Pulled(rows, f"{PREFIX}{position}")
        time.sleep(LOOK_SECONDS)


def _conditions(runtime: Runtime, caller: Caller, wanted: Filter) -> list[Any]:
    conditions: list[Any] = []
    if caller.connection_ids is not None:
        conditions.append(col(Event.connection_id).in_(caller.connection_ids))
    if wanted.connection is not None:
        found = connecting.chosen(runtime, caller, wanted.connection)
        conditions.append(col(Event.connection_id) == found.id)
    if wanted.event_type is not None:
        known = runtime.registry.event_types
        types = [name for name in known if fanout.wanted(name, [wanted.event_type])]
        if not types:
            fault = Fault("/type", "must be one of those that GET /v1/event-types lists, or like index.*")
            raise errors.BadRequest(f"there is no event type {wanted.event_type!r}", errors=(fault,))
        conditions.append(col(Event.type).in_(types))
    if wanted.resource is not None:
        conditions.append(col(Event.resource_id) == wanted.resource)
    return conditions


def _position(runtime: Runtime, cursor: str) -> int:
    if cursor == "start":
        return 0
    with runtime.database.read() as session:
        pruned, head = _value(session, "event_pruned"), _value(session, "event")
    if cursor == "now":
        return head
    digits = cursor.removeprefix(PREFIX)
    known = cursor != digits and digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS
    position = int(digits) if known else head + 1
    if position > head:
        fault = Fault("/after", "take it unchanged from the answer before, or say start or now")
        raise errors.BadRequest("the cursor is not one this list has given", errors=(fault,))
    if position < pruned:
        raise errors.EventsPruned("events after this cursor were cleared away; start anew with after=start")
    return position


def _value(session: Session, name: str) -> int:
    return session.exec(select(Counter.value).where(Counter.name == name)).one()
