"""The resource rows: what was last seen of each thing, read at once and written only where it still holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from bridge.absence import Settled
from bridge.models import Event, ResourceRow, new_id
from bridge.plugin import Resource

TABLE: Final[Table] = SQLModel.metadata.tables[ResourceRow.__tablename__]
EVENTS: Final[Table] = SQLModel.metadata.tables[Event.__tablename__]
Place = tuple[str, int]
"""A resource row's id and version."""


class Overtaken(Exception):
    """Another poller has written these rows since they were read: roll back; the next look sees the truth."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where resources of one kind are kept: by connection, or by watch where each watch keeps its own."""

    connection_id: str
    kind: str
    watch_id: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """A living resource as its row has it."""

    id: str
    version: int
    missing_since_at: datetime | None
    resource: Resource


def living(session: Session, shelf: Shelf) -> dict[str, Known]:
    """Return what is living on a shelf, by life."""
    columns = (TABLE.c.id, TABLE.c.version, TABLE.c.missing_since_at,
               TABLE.c.key, TABLE.c.life, TABLE.c.status, TABLE.c.body)  # fmt: skip
    statement = select(*columns).where(
        TABLE.c.connection_id == shelf.connection_id,
        TABLE.c.kind == shelf.kind,
        TABLE.c.watch_id == shelf.watch_id,
        TABLE.c.deleted_at.is_(None),
    )
    return {
        life: Known(row_id, version, missing, Resource(key, life, status, body))
        for row_id, version, missing, key, life, status, body in session.execute(statement)
    }


def told(session: Session, shelf: Shelf) -> frozenset[tuple[str, str]]:
    """Return what was told of what stands on a shelf, as (event type, life)."""
    statement = select(EVENTS.c.type, EVENTS.c.life).join(TABLE, TABLE.c.id == EVENTS.c.resource_id)
    rows = session.execute(
        statement.distinct().where(
            TABLE.c.connection_id == shelf.connection_id,
            TABLE.c.kind == shelf.kind,
            TABLE.c.watch_id == shelf.watch_id,
            TABLE.c.deleted_at.is_(None),
            EVENTS.c.test.is_(False),
        )
    )
    return frozenset((event_type, life) for event_type, life in rows)


def write(
    session: Session,
    known: Mapping[str, Known],
    settled: Settled,
    shelf: Shelf,
    at: datetime,
) -> dict[str, Place]:
    """Write what differs from the rows, and nothing else; return where the changed resources now stand.

    Raises Overtaken when a row is no longer at the version it was read at, or was made by someone else. Rows
    are taken in one order, so that two pollers never wait for each other.
    """
    places: dict[str, Place] = {}
    for life in sorted(known):
        row, now = known[life], settled.after.get(life)
        values = _difference(row, now, settled.missing.get(life), at)
        if values:
            places[life] = (row.id, values.get("version", row.version))
            _update(session, row, values)
    fresh = [settled.after[life] for life in sorted(settled.after.keys() - known.keys())]
    return places | _insert(session, shelf, fresh, at) if fresh else places


def _difference(row: Known, now: Resource | None, missing: datetime | None, at: datetime) -> dict[str, Any]:
    if now is None:
        return {"version": row.version + 1, "deleted_at": at, "missing_since_at": None, "updated_at": at}
    values: dict[str, Any] = {}
    if missing != row.missing_since_at:
        values["missing_since_at"] = missing
    if now != row.resource:
        values |= {"version": row.version + 1, "updated_at": at}
        values |= {"key": now.key, "status": now.status, "body": now.body}
    return values


def _update(session: Session, row: Known, values: dict[str, Any]) -> None:
    statement = update(TABLE).where(TABLE.c.id == row.id, TABLE.c.version == row.version).values(**values)
    if session.connection().execute(statement).rowcount != 1:
        raise Overtaken


def _insert(session: Session, shelf: Shelf, fresh: list[Resource], at: datetime) -> dict[str, Place]:
    """Insert new lives; one that counted as deleted and is seen again lives on in its old row."""
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(TABLE)
    # The rows are given beside the statement: with them in it, it would be compiled anew each time, at five times the cost.
    returned = insert.on_conflict_do_update(
        index_elements=["connection_id", "kind", "watch_id", "life"],
        set_={
            "version": TABLE.c.version + 1,
            "deleted_at": None,
            **{name: insert.excluded[name] for name in ("key", "status", "body", "updated_at")},
        },
        where=TABLE.c.deleted_at.is_not(None),
    ).returning(TABLE.c.life, TABLE.c.id, TABLE.c.version)
    made = session.execute(returned, list(_rows(shelf, fresh, at)))
    places = {life: (row_id, version) for life, row_id, version in made}
    if len(places) != len(fresh):
        raise Overtaken
    return places


def _rows(shelf: Shelf, fresh: list[Resource], at: datetime) -> Iterator[dict[str, Any]]:
    for resource in fresh:
        yield {
            "id": new_id("res"),
            "connection_id": shelf.connection_id,
            "kind": shelf.kind,
            "watch_id": shelf.watch_id,
            "key": resource.key,
            "life": resource.life,
            "status": resource.status,
            "version": 1,
            "body": resource.body,
            "missing_since_at": None,
            "deleted_at": None,
            "created_at": at,
            "updated_at": at,
        }
