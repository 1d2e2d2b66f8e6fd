"""Replaying: what an endpoint missed, owed to it again: many deliveries by hand, of a time and a filter.

What has been delivered is left alone unless it is asked for; events that were never owed to the endpoint come
too. Asking twice changes nothing twice: what waits or is being sent is not touched, and what ended after `until`
is not opened again. Batches keep every transaction short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import RowMapping, Select, Table, and_, false, func, or_, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session

from bridge import auditing, clock, endpoints, errors, fanout, filtering, resending, waking
from bridge.access import Caller
from bridge.errors import Fault
from bridge.models import Delivery, Endpoint, Event, new_id
from bridge.runtime import Runtime

BATCH: Final = 500
MAX_AT_ONCE: Final = 10_000
STATES: Final = ("missing", "failed", "cancelled", "succeeded")
USUAL: Final = ("missing", "failed", "cancelled")
State = Literal["missing", "failed", "cancelled", "succeeded"]

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_event: Final[Table] = Event.__table__  # type: ignore[attr-defined]  # same


@dataclass(frozen=True, slots=True)
class Replayed:
    """What there was to replay, by what had become of it, or what was replayed of it.

    until: give it again to go on where `more` is true, or to be sure that nothing is sent a second time.
    """

    counts: dict[str, int]
    until: datetime
    more: bool


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be replayed: events from `since` to before `until`, of some types or one resource."""

    since: datetime
    until: datetime
    include: Sequence[State]
    event_types: Sequence[str] | None
    resource: str | None


def replay(
    runtime: Runtime,
    caller: Caller,
    endpoint_id: str,
    *,
    since: datetime,
    until: datetime | None = None,
    include: Sequence[State] = USUAL,
    event_types: Sequence[str] | None = None,
    resource: str | None = None,
    per_second: float | None = None,
    dry_run: bool = False,
) -> Replayed:
    """Owe an endpoint again what it missed, at most 10,000 events at a time; or count it (dry_run).

    include: missing (never owed to it), failed, cancelled, succeeded. event_types: of those it wants, only
    these. per_second: spread over time by so many a second; its own rate cap holds in any case.
    Raises NotFound, InvalidInput, and EndpointDisabled.
    """
    _refuse_unfit(include, per_second)
    wish = Wish(since, until or clock.now(), include, event_types, resource)
    with runtime.database.write() as session:
        endpoint = endpoints.visible(session, caller, endpoint_id)
        resending.refuse_closed(endpoint)
        if dry_run:
            return Replayed(_counted(session, endpoint, wish), wish.until, more=False)
        auditing.note(session, caller, "endpoint.replay", endpoint.id, count=None)
        started = session.scalar(select(runtime.database.now()))
    counts = dict.fromkeys(STATES, 0)
    done, more, start, seen = 0, True, started or clock.now(), ""
    while more and done < MAX_AT_ONCE:
        with runtime.database.write() as session:
            found, rows = _batch(session, endpoint, wish, seen)
            waits = [
                start + timedelta(seconds=(done + n) / per_second if per_second else 0) for n in range(BATCH)
            ]
            _owe(
                session, endpoint, [{**row, "next_at": wait} for row, wait in zip(rows, waits, strict=False)]
            )
            waking.ring(session)
        for row in rows:
            counts[row["became"]] += 1
        done, more = done + len(rows), len(found) == BATCH
        seen = found[-1]["event_id"] if found else seen
    return Replayed(counts, wish.until, more)


def _found(endpoint: Endpoint, wish: Wish) -> Select[Any]:
    """Select the events of a wish with what became of each, from their ids, which sort by time."""
    became = func.coalesce(_delivery.c.state, "missing")
    mine = and_(_delivery.c.event_id == _event.c.id, _delivery.c.endpoint_id == endpoint.id)
    ended = [state for state in wish.include if state != "missing"]
    of_connection = (
        true() if endpoint.connection_id is None else _event.c.connection_id == endpoint.connection_id
    )
    return (
        select(
            _event.c.id.label("event_id"),
            _event.c.resource_id,
            _delivery.c.id.label("delivery_id"),
            became.label("became"),
        )
        .select_from(_event.outerjoin(_delivery, mine))
        .where(
            _event.c.id >= _id_at(wish.since),
            _event.c.id < _id_at(wish.until),
            _event.c.test.is_(False),
            _event.c.life != endpoint.id,
            of_connection,
            fanout.wanted_by(_event.c.type, endpoint.event_types),
            true() if wish.event_types is None else fanout.wanted_by(_event.c.type, wish.event_types),
            true() if wish.resource is None else _event.c.resource_id == wish.resource,
            or_(
                _delivery.c.id.is_(None) if "missing" in wish.include else false(),
                and_(_delivery.c.state.in_(ended), _delivery.c.finished_at < wish.until),
            ),
        )
    )


def _batch(
    session: Session, endpoint: Endpoint, wish: Wish, seen: str
) -> tuple[Sequence[RowMapping], Sequence[RowMapping]]:
    """Return the next events of a wish after one, and those of them that fit the endpoint's keys and filter.

    What was owed once did fit then; only what never was is asked.
    """
    after = _found(endpoint, wish).where(_event.c.id > seen)
    found = session.execute(after.order_by(_event.c.id).limit(BATCH)).mappings().all()
    if endpoint.keys is None and endpoint.filter is None:
        return found, found
    missing = [row["event_id"] for row in found if row["delivery_id"] is None]
    fit = {
        event.id
        for event in session.scalars(select(Event).where(_event.c.id.in_(missing)))
        if filtering.fits(event, endpoint.keys, endpoint.filter)
    }
    return found, [row for row in found if row["delivery_id"] is not None or row["event_id"] in fit]


def _counted(session: Session, endpoint: Endpoint, wish: Wish) -> dict[str, int]:
    counts = dict.fromkeys(STATES, 0)
    if endpoint.keys is None and endpoint.filter is None:
        found = _found(endpoint, wish).subquery()
        rows = session.execute(select(found.c.became, func.count()).group_by(found.c.became))
        return counts | {state: count for state, count in rows}  # noqa: C416 - rows are no pairs
    batch, seen = BATCH, ""
    while batch == BATCH:
        all_found, fit = _batch(session, endpoint, wish, seen)
        for row in fit:
            counts[row["became"]] += 1
        batch, seen = len(all_found), all_found[-1]["event_id"] if all_found else ""
    return counts


def _owe(session: Session, endpoint: Endpoint, rows: Sequence[Mapping[str, Any]]) -> None:
    missing = [
        Delivery(
            id=new_id("dlv"),
            event_id=row["event_id"],
            endpoint_id=endpoint.id,
            order_key=row["resource_id"] if endpoint.ordered else None,
            next_at=row["next_at"],
        ).model_dump()
        for row in rows
        if row["delivery_id"] is None
    ]
    if missing:
        insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert
        session.execute(insert(Delivery).on_conflict_do_nothing(), missing)
    ended = {row["delivery_id"]: row["next_at"] for row in rows if row["delivery_id"] is not None}
    resending.reopen(session, ended, STATES[1:])


def _id_at(moment: datetime) -> str:
    """Return what the ids of events made at a moment, or later, are not below."""
    return f"evt_{max(0, int(moment.timestamp() * 1000)):012x}"


def _refuse_unfit(include: Sequence[str], per_second: float | None) -> None:
    faults = []
    if not include or set(include) - set(STATES):
        faults.append(Fault("/include", f"must name some of: {', '.join(STATES)}"))
    if per_second is not None and per_second <= 0:
        faults.append(Fault("/per_second", "must be more than 0"))
    if faults:
        raise errors.InvalidInput("this cannot be replayed", errors=tuple(faults))
