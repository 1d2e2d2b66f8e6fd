"""Pacing: which endpoints may be sent something at this moment, and how much.

An endpoint that is held back is sent nothing; one on probation (it was held back and has not succeeded since)
one attempt at a time; one with a rate cap no more than its share. The share is counted in the endpoint's row, by
the database's clock, so that it holds over all workers: `paced_until_at` moves on by 1/rate with every attempt and
may be at most a second ahead. An endpoint that another worker is asking at this moment is left to it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Float,
    Integer,
    Row,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlmodel import Session

from bridge import db, given, retry
from bridge.models import Delivery, Endpoint, UtcDateTime

UNLIMITED: Final = 1_000_000
MAX_AHEAD_SECONDS: Final = 2
"""No share is used up for longer: what lies further ahead was written before the clock was set back."""

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same


@dataclass(frozen=True, slots=True)
class Share:
    """How many attempts an endpoint may have now. rate: a second, None = no limit. trips: 0 = not on probation.

    updated_at: when what is stored of the endpoint was last changed by someone.
    """

    allowed: int
    rate: int | None
    trips: int
    paced_until: datetime
    updated_at: datetime
    now: datetime


def shares(
    session: Session, *, limit: int, limit_each: int, without: Collection[str], per_second: int
) -> dict[str, Share]:
    """Choose up to `limit` endpoints with something due, in random order; each may have up to `limit_each`.

    without: endpoints that have enough in flight. per_second: the cap of those without one; 0 = none.
    """
    dialect = session.get_bind().dialect.name
    named = {"without": sorted(without), "rate": per_second or UNLIMITED, "limit": limit}
    chosen: list[Row[Any]] = []
    careful = per_second > 0
    if not careful:
        ready = session.connection().execute(_ready(dialect, careful=False, capped=False), named).all()
        chosen = [row for row in ready if not (row.trip_count or row.max_per_second)]
        careful = len(chosen) < len(ready)
    if careful:
        # What is counted, or tried one at a time, is held meanwhile: with a cap for all that is every endpoint.
        held = _ready(dialect, careful=True, capped=per_second > 0)
        chosen += session.connection().execute(held, named).all()
    found = {row.id: _share(row, limit_each, per_second) for row in chosen}
    return {name: share for name, share in found.items() if share.allowed > 0}


def spend(
    session: Session, shares: Mapping[str, Share], claimed: Mapping[str, int], lease_seconds: float
) -> None:
    """Count attempts that were claimed against the shares of their endpoints."""
    dialect, spent = session.get_bind().dialect.name, []
    for name in sorted(claimed):
        share = shares[name]
        if share.rate is None and not share.trips:
            continue
        values = {"of": name, "paced": None, "probe": None}
        if share.rate is not None:
            used = timedelta(seconds=claimed[name] / share.rate)
            values["paced"] = given.moment(dialect, max(share.paced_until, share.now) + used)
        if share.trips:
            # A worker that dies with the probe must not keep the endpoint waiting for ever.
            values["probe"] = given.moment(dialect, share.now + timedelta(seconds=lease_seconds))
        spent.append(values)
    if spent:
        session.connection().execute(_spent(dialect), {"spent": spent})


def pause_seconds(session: Session, per_second: int) -> float | None:
    """Return how long until a share that is used up has room for an attempt that is due; None when none is."""
    full = session.connection().execute(_full(session.get_bind().dialect.name)).all()
    rated = [(row, row.max_per_second or per_second) for row in full]
    waits = [(row.paced_until_at - row.now).total_seconds() - 1 + 1 / rate for row, rate in rated if rate]
    # One that has room and was sent nothing waits for something else.
    return min((wait for wait in waits if wait > 0), default=None)


@cache
def _full(dialect: str) -> Select[Any]:
    now = db.database_now(dialect)
    due = exists().where(
        _delivery.c.endpoint_id == _endpoint.c.id,
        _delivery.c.state == given.word("pending"),
        _delivery.c.next_at <= _endpoint.c.paced_until_at,
    )
    return select(_endpoint.c.max_per_second, _endpoint.c.paced_until_at, now.label("now")).where(
        _endpoint.c.state == given.word("active"),
        _endpoint.c.paced_until_at > select(now).scalar_subquery(),
        due,
    )


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
            _endpoint.c.id, _endpoint.c.max_per_second, _endpoint.c.trip_count, _endpoint.c.paced_until_at,
            _endpoint.c.updated_at, db.database_now(dialect).label("now"),
        )
        .where(and_(_endpoint.c.state == given.word("active"), *free, ~given.among(dialect, _endpoint.c.id, "without"), due))
        .order_by(func.random())
        .limit(bindparam("limit", type_=Integer()))
    )  # fmt: skip
    # NO KEY UPDATE: whoever only points at the endpoint, as new deliveries do, does not wait.
    return statement.with_for_update(key_share=True, skip_locked=True, of=_endpoint) if careful else statement


@cache
def _spent(dialect: str) -> Update:
    rows = given.rows(dialect, "spent", of=String, paced=UtcDateTime, probe=UtcDateTime)
    return (
        update(_endpoint)
        .where(_endpoint.c.id == rows.c.of)
        .values(
            paced_until_at=func.coalesce(rows.c.paced, _endpoint.c.paced_until_at),
            probe_until_at=func.coalesce(rows.c.probe, _endpoint.c.probe_until_at),
        )
    )


def _share(row: Row[Any], limit_each: int, per_second: int) -> Share:
    now: datetime = row.now
    paced_until = row.paced_until_at or now
    if paced_until > now + timedelta(seconds=MAX_AHEAD_SECONDS):
        paced_until = now
    rate = row.max_per_second or per_second or None
    allowed = limit_each
    if rate is not None:
        ahead = max((paced_until - now).total_seconds(), 0.0)
        # A little more than nothing, because the share was computed in fractions.
        allowed = min(allowed, int((1.0 - ahead) * rate + 0.01))
    if row.trip_count:
        allowed = min(allowed, 1)
    return Share(allowed, rate, row.trip_count, paced_until, row.updated_at, now)
