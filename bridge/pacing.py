"""Pacing: which endpoints may be sent something at this moment, and how much.

An endpoint that is held back is sent nothing; one on probation (it was held back and has not succeeded since)
one attempt at a time; one with a rate cap no more than its share. The share is counted in the endpoint's row, by
the database's clock, so that it holds over all workers: `paced_until_at` moves on by 1/rate with every attempt and
may be at most a second ahead. An endpoint that another worker is asking at this moment is left to it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Float,
    Integer,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    type_coerce,
    update,
)
from sqlmodel import Session

from bridge import db, given, retry
from bridge.models import Delivery, Endpoint
from bridge.prepared import run

UNLIMITED: Final = 1_000_000
RESTED_SECONDS: Final = 2.0
TICK_SECONDS: Final = 0.002
"""By how much two looks at SQLite's clock, which counts in milliseconds, may be wrong together."""
MAX_AHEAD_SECONDS: Final = 2
"""No share is used up for longer: what lies further ahead was written before the clock was set back."""

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same


@dataclass(frozen=True, slots=True)
class Share:
    """How many attempts an endpoint may have now. rate: a second, None = no limit. trips: 0 = not on probation.

    as_of: the stamp of what is stored of the endpoint. rested: whether that is no longer of the last two seconds,
    in which it may be changed again in the same tick of the clock.
    """

    allowed: int
    rate: int | None
    trips: int
    as_of: object
    rested: bool


def shares(
    connection: Connection, *, limit: int, limit_each: int, without: Collection[str], per_second: int
) -> dict[str, Share]:
    """Choose up to `limit` endpoints with something due, in random order; each may have up to `limit_each`.

    without: endpoints that have enough in flight. per_second: the cap of those without one; 0 = none.
    """
    dialect = connection.dialect.name
    named = {"without": sorted(without), "rate": per_second or UNLIMITED, "limit": limit}
    chosen: list[Any] = []
    careful = per_second > 0
    if not careful:
        ready = run(connection, _ready(dialect, careful=False, capped=False), named)
        chosen = [row for row in ready if not (row.trip_count or row.max_per_second)]
        careful = len(chosen) < len(ready)
    if careful:
        # What is counted, or tried one at a time, is held meanwhile: with a cap for all that is every endpoint.
        chosen += run(connection, _ready(dialect, careful=True, capped=per_second > 0), named)
    found = {row.id: _share(row, limit_each, per_second) for row in chosen}
    return {name: share for name, share in found.items() if share.allowed > 0}


def spend(
    connection: Connection, shares: Mapping[str, Share], claimed: Mapping[str, int], lease_seconds: float
) -> None:
    """Count attempts that were claimed against the shares of their endpoints."""
    spent = [
        {
            "of": name,
            # SQLite counts in milliseconds: a little less than the cap rather than a little more.
            "used": math.ceil(1000 * claimed[name] / share.rate) / 1000 if share.rate else None,
            # A worker that dies with the probe must not keep the endpoint waiting for ever.
            "probe": lease_seconds if share.trips else None,
        }
        for name in sorted(claimed)
        if (share := shares[name]).rate or share.trips
    ]
    if spent:
        run(connection, _spent(connection.dialect.name), {"spent": spent})


def pause_seconds(session: Session, per_second: int, since_seconds: float) -> float | None:
    """Return how long until a share that was used up has room for an attempt that is due; None when none is.

    since_seconds: how long ago shares were asked for. Room that has come since then is no pause at all.
    """
    since = since_seconds + TICK_SECONDS
    full = session.connection().execute(_full(session.get_bind().dialect.name), {"since": -since}).all()
    rated = [(row, row.max_per_second or per_second) for row in full]
    waits = [(row.paced_until_at - row.now).total_seconds() - 1 + 1 / rate for row, rate in rated if rate]
    # One that had room and was sent nothing waits for something else.
    return min((max(wait, 0.0) for wait in waits if wait + since > 0), default=None)


@cache
def _full(dialect: str) -> Select[Any]:
    since = select(db.after(dialect, bindparam("since", type_=Float()))).scalar_subquery()
    due = exists().where(
        _delivery.c.endpoint_id == _endpoint.c.id,
        _delivery.c.state == given.word("pending"),
        _delivery.c.next_at <= _endpoint.c.paced_until_at,
    )
    return select(
        _endpoint.c.max_per_second, _endpoint.c.paced_until_at, db.database_now(dialect).label("now")
    ).where(_endpoint.c.state == given.word("active"), _endpoint.c.paced_until_at > since, due)


@cache
def _ready(dialect: str, *, careful: bool, capped: bool) -> Select[Any]:
    now = select(db.database_now(dialect)).scalar_subquery()
    due = exists().where(
        _delivery.c.endpoint_id == _endpoint.c.id,
        _delivery.c.state == given.word("pending"),
        _delivery.c.next_at <= now,
    )
    rate = func.coalesce(_endpoint.c.max_per_second, bindparam("rate", type_=Integer()))
    ahead = db.after(dialect, cast(1.0 - 1.0 / rate, Float()))
    free = [
        or_(column.is_(None), column <= moment, column > db.after(dialect, float(most)))
        for column, moment, most in (
            (_endpoint.c.held_until_at, now, retry.MAX_ASKED_HOLD_SECONDS),
            (_endpoint.c.probe_until_at, now, retry.MAX_ASKED_HOLD_SECONDS),
            (_endpoint.c.paced_until_at, ahead, MAX_AHEAD_SECONDS),
        )
    ]
    watched = or_(_endpoint.c.trip_count > 0, _endpoint.c.max_per_second.is_not(None))
    if careful and not capped:
        free.append(watched)
    statement = (
        select(
            _endpoint.c.id, _endpoint.c.max_per_second, _endpoint.c.trip_count,
            db.seconds_until(dialect, _endpoint.c.paced_until_at).label("ahead"),
            # Only compared: what it is as a moment need not be made out.
            type_coerce(_endpoint.c.updated_at, String).label("as_of"),
            (_endpoint.c.updated_at < db.after(dialect, -RESTED_SECONDS)).label("rested"),
        )
        .where(and_(_endpoint.c.state == given.word("active"), *free, ~given.among(dialect, _endpoint.c.id, "without"), due))
        .order_by(func.random())
        .limit(bindparam("limit", type_=Integer()))
    )  # fmt: skip
    # NO KEY UPDATE: whoever only points at the endpoint, as new deliveries do, does not wait.
    return statement.with_for_update(key_share=True, skip_locked=True, of=_endpoint) if careful else statement


@cache
def _spent(dialect: str) -> Update:
    rows = given.rows(dialect, "spent", of=String, used=Float, probe=Float)
    now, paced = db.database_now(dialect), _endpoint.c.paced_until_at
    ahead = and_(paced > now, paced <= db.after(dialect, float(MAX_AHEAD_SECONDS)))
    probe = case(
        (rows.c.probe.is_not(None), db.after(dialect, rows.c.probe)), else_=_endpoint.c.probe_until_at
    )
    moved = db.after(dialect, rows.c.used, since=case((ahead, paced), else_=now))
    return (
        update(_endpoint)
        .where(_endpoint.c.id == rows.c.of)
        .values(paced_until_at=case((rows.c.used.is_not(None), moved), else_=paced), probe_until_at=probe)
    )


def _share(row: Any, limit_each: int, per_second: int) -> Share:
    rate, allowed = row.max_per_second or per_second or None, limit_each
    if rate is not None:
        ahead = row.ahead if row.ahead and 0 < row.ahead <= MAX_AHEAD_SECONDS else 0.0
        # A little more than nothing, because the share was computed in fractions.
        allowed = min(allowed, int((1.0 - ahead) * rate + 0.01))
    if row.trip_count:
        allowed = min(allowed, 1)
    return Share(allowed, rate, row.trip_count, row.as_of, row.rested)
