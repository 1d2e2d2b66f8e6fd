"""The event object: how a fact is stored once, in one order, and written everywhere with the same keys.

Every event gets a position: the last thing its transaction does is to count on one row, which it then holds until
it has committed. So the positions are in the order of commits, without gaps, also with many writers at once; who
has read up to one has missed nothing before it. Nothing is waited for after that row, so nobody can deadlock on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Table, bindparam
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.event import listen
from sqlmodel import Session, col, update

from bridge import clock
from bridge.models import Counter, Event, new_id
from bridge.plugin import JSON
from bridge.registry import EventType

EXEMPLARY: Final = ("key", "life", "status", "previous_status", "changes", "data")
UNPLACED: Final = "events without a position"


def store(session: Session, events: Iterable[Event]) -> list[Event]:
    """Insert the events that are not there yet, judged by their `dedupe_key`; return those that were new."""
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert
    new: list[Event] = []
    for event in events:
        statement = insert(Event).values(**event.model_dump()).on_conflict_do_nothing()
        if session.execute(statement.returning(Event.id)).scalar() is not None:
            new.append(event)
    if new:
        _place_at_commit(session, [event.id for event in new])
    return new


def _place_at_commit(session: Session, ids: list[str]) -> None:
    unplaced: list[str] = session.info.setdefault(UNPLACED, [])
    if not unplaced:
        listen(session, "before_commit", _place, once=True)
    unplaced += ids


def _place(session: Session) -> None:
    ids: list[str] = session.info.pop(UNPLACED, [])
    session.flush()
    count = update(Counter).where(col(Counter.name) == "event").values(value=col(Counter.value) + len(ids))
    last: int = session.execute(count.returning(col(Counter.value))).scalar_one()
    table: Table = Event.__table__  # type: ignore[attr-defined]  # SQLModel hides it
    session.connection().execute(
        update(table).where(table.c.id == bindparam("of")).values(position=bindparam("place")),
        [{"of": event_id, "place": place} for place, event_id in enumerate(ids, last - len(ids) + 1)],
    )


def sample(known: EventType, connection_id: str | None, **changes: Any) -> Event:
    """Return a test event like the example of its type, happening now; `changes` are other columns."""
    now = clock.now()
    kept = {part: known.example[part] for part in EXEMPLARY}
    return Event(
        dedupe_key=new_id("test"),
        type=known.name,
        connection_id=connection_id,
        test=True,
        timestamp=now,
        observed_at=now,
        **(kept | changes),
    )


def wire(event: Event) -> JSON:
    """Write an event as webhooks, `GET /v1/events` and samples show it: every key, always."""
    return {
        "id": event.id,
        "type": event.type,
        "timestamp": clock.iso(event.timestamp),
        "observed_at": clock.iso(event.observed_at),
        "connection": event.connection_id,
        "resource": event.resource_id,
        "key": event.key,
        "life": event.life,
        "status": event.status,
        "previous_status": event.previous_status,
        "changes": event.changes,
        "test": event.test,
        "data": event.data,
    }
