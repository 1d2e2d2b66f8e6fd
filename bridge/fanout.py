"""Fan-out: an event becomes one delivery for each endpoint that wants it, in the event's own transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Table, or_, true
from sqlalchemy import select as select_columns
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bridge import filtering, waking
from bridge.db import database_now
from bridge.models import Delivery, Endpoint, Event, new_id

REACHABLE = ("active", "paused")
"""Endpoints that are owed what happens. What a paused one is owed waits until it is resumed."""


def fan_out(session: Session, events: Sequence[Event]) -> int:
    """Insert a pending delivery for each event and endpoint that wants it; return how many are new.

    An event goes to an endpoint once, however often this is called. Wakes the dispatchers at the commit.
    """
    table: Table = Endpoint.__table__  # type: ignore[attr-defined]  # SQLModel hides it
    wishes = (table.c[name] for name in ("id", "event_types", "connection_id", "ordered", "keys", "filter"))
    reachable = select_columns(*wishes).where(table.c.state.in_(REACHABLE), table.c.kind != "callback")
    # KEY SHARE (PostgreSQL's alone): an endpoint removed at this moment must not break the transaction.
    endpoints = session.execute(reachable.with_for_update(read=True, key_share=True)).all()
    owed = [
        (event.id, endpoint_id, event.resource_id if ordered else None)
        for event in events
        for endpoint_id, patterns, connection_id, ordered, keys, schema in endpoints
        # What is told of an endpoint itself (its life is the endpoint) goes to the others.
        if connection_id in (None, event.connection_id)
        and event.life != endpoint_id
        and wanted(event.type, patterns)
        and filtering.fits(event, keys, schema)
    ]
    if not owed:
        return 0
    dialect = session.get_bind().dialect.name
    now = session.execute(select(database_now(dialect))).scalar_one()
    rows = [
        Delivery(
            id=new_id("dlv"), event_id=event_id, endpoint_id=endpoint_id, order_key=order_key, next_at=now
        ).model_dump()
        for event_id, endpoint_id, order_key in owed
    ]
    insert = (sqlite if dialect == "sqlite" else postgresql).insert
    statement = insert(Delivery).on_conflict_do_nothing().returning(col(Delivery.id))
    new = session.execute(statement, rows).scalars().all()
    waking.ring(session)
    return len(new)


def owe(session: Session, event: Event, endpoint_id: str) -> None:
    """Insert a pending delivery of an event to one endpoint, whatever it wants."""
    session.flush()
    session.add(Delivery(event_id=event.id, endpoint_id=endpoint_id))
    waking.ring(session)


def wanted(event_type: str, patterns: Collection[str]) -> bool:
    """Whether an event type is among the patterns: itself, its noun with `.*`, or `*`."""
    return not {event_type, f"{event_type.partition('.')[0]}.*", "*"}.isdisjoint(patterns)


def wanted_by(event_type: ColumnElement[str], patterns: Collection[str]) -> ColumnElement[bool]:
    """Say the same in SQL, of a column of event types."""
    if "*" in patterns:
        return true()
    nouns = [pattern.removesuffix("*") for pattern in patterns if pattern.endswith(".*")]
    return or_(event_type.in_(patterns), *(event_type.startswith(noun, autoescape=True) for noun in nouns))
