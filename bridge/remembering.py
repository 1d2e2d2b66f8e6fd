"""Remembering: what is known of each resource, and its timeline: what was told of it, and what changed each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlmodel import col, select

from bridge import connecting, errors, pages
from bridge.access import Caller
from bridge.models import Event, ResourceRow
from bridge.pages import Page
from bridge.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Moment:
    """An event of a resource, and what of its data was another at the event before: {field: [old, new]}.

    changes: None for the first event that is known.
    """

    event: Event
    changes: dict[str, list[Any]] | None


def page(
    runtime: Runtime,
    caller: Caller,
    *,
    cursor: str | None,
    limit: int,
    connection: str | None = None,
    trigger: str | None = None,
    key: str | None = None,
    deleted: bool | None = None,
) -> Page[ResourceRow]:
    """Return the resources of the caller's connections, the last one found first.

    deleted: only those that are gone, or are not; None = both. Raises UnknownConnection, and BadRequest for a
    cursor that is none.
    """
    statement = select(ResourceRow)
    if caller.connection_ids is not None:
        statement = statement.where(col(ResourceRow.connection_id).in_(caller.connection_ids))
    if connection is not None:
        found = connecting.chosen(runtime, caller, connection)
        statement = statement.where(ResourceRow.connection_id == found.id)
    if trigger is not None:
        statement = statement.where(ResourceRow.kind == trigger)
    if key is not None:
        statement = statement.where(ResourceRow.key == key)
    if deleted is not None:
        gone = col(ResourceRow.deleted_at)
        statement = statement.where(gone.is_not(None) if deleted else gone.is_(None))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(ResourceRow.id), cursor=cursor, limit=limit)


def get(runtime: Runtime, caller: Caller, resource_id: str) -> ResourceRow:
    """Return a resource as it was last seen. Raises NotFound."""
    with runtime.database.read() as session:
        row = session.get(ResourceRow, resource_id)
    if row is None or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"this API key sees no resource {resource_id!r}")
    return row


def timeline(
    runtime: Runtime, caller: Caller, resource_id: str, *, cursor: str | None, limit: int
) -> Page[Moment]:
    """Return what was told of a resource, newest first. Raises NotFound, and BadRequest for no cursor."""
    known = get(runtime, caller, resource_id)
    of_it = select(Event).where(Event.resource_id == known.id)
    with runtime.database.read() as session:
        found = pages.fetch(session, of_it, col(Event.id), cursor=cursor, limit=limit)
        rows: list[Event | None] = list(found.rows)
        if found.rows:
            earlier = of_it.where(col(Event.id) < found.rows[-1].id).order_by(col(Event.id).desc())
            rows.append(session.exec(earlier.limit(1)).first())
    return Page(_compared(rows), found.next_cursor)


def _compared(rows: Sequence[Event | None]) -> list[Moment]:
    return [
        Moment(now, None if before is None else _changes(before, now))
        for now, before in pairwise(rows)
        if now is not None
    ]


def _changes(before: Event, now: Event) -> dict[str, list[Any]]:
    names = dict.fromkeys([*before.data, *now.data])
    return {
        name: [before.data.get(name), now.data.get(name)]
        for name in names
        if before.data.get(name) != now.data.get(name)
    }
