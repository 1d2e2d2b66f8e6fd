"""The ledger of deliveries: claims what is due, and settles what was tried. All SQL of the dispatcher.

A claim leases rows by the database's clock and counts the attempt at once, so that a delivery which kills
its worker dies, too. A settle holds only while the lease is still this claim's (state and token): a lost
lease leaves an attempt marked late and changes nothing else.
"""

from __future__ import annotations

import math
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Final, TypeVar

from sqlalchemy import Select, Table, case, select, update
from sqlmodel import Session, col
from sqlmodel import select as select_models

from bridge import due, given, ledger, pacing, retiring, standing
from bridge.models import Delivery, Endpoint, Event, new_id
from bridge.pacing import Share
from bridge.plugin import JSON
from bridge.prepared import run
from bridge.retry import Rules

STANDARD: Final = Rules()

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same
Model = TypeVar("Model", Event, Endpoint)
MAX_KNOWN_EVENTS: Final = 64
MAX_KNOWN_ENDPOINTS: Final = 4096


@dataclass(frozen=True, slots=True)
class Owed:
    """A claimed delivery, with what is needed to send it. `number` counts all its attempts, this one too."""

    delivery_id: str
    token: str
    number: int
    since_opened: int
    event: Event
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one attempt, and what follows: `state`, and for `pending` in how many seconds.

    disable: why its endpoint is to be disabled, or None. asked_seconds: the wait the receiver asked for.
    """

    owed: Owed
    state: str
    wait_seconds: float
    outcome: str
    started_at: datetime
    duration_seconds: float
    status_code: int | None = None
    error: str | None = None
    response_excerpt: str | None = None
    disable: str | None = None
    asked_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a dispatcher has read before: events, which never change, and endpoints, with the stamp they had."""

    events: dict[str, Event] = field(default_factory=dict)
    endpoints: dict[str, tuple[object, Endpoint]] = field(default_factory=dict)


def claim(
    session: Session,
    *,
    limit: int,
    limit_each: int,
    without: Collection[str],
    lease_seconds: float,
    per_second: int = 0,
    known: Known | None = None,
) -> list[Owed]:
    """Lease up to `limit` due deliveries of active endpoints, at most `limit_each` of one, nor over its share.

    without: endpoints that have enough in flight already. per_second: the rate cap of those without their own.
    known: what was read before, and is not read again.
    """
    dialect, connection = _dialect(session), session.connection()
    shares = pacing.shares(
        connection, limit=limit, limit_each=limit_each, without=without, per_second=per_second
    )
    if not shares:
        return []
    # Where many endpoints have something due each is asked for little, or most of what is found would not be taken.
    most = math.ceil(limit / len(shares))
    asked = due.parameters({name: min(share.allowed, most) for name, share in shares.items()})
    token = secrets.token_hex(16)
    lease = {"token": token, "lease_seconds": lease_seconds}
    groups, asked = len(asked) // 2, {"limit": limit, **asked}
    if dialect == "sqlite":  # where nobody else claims meanwhile
        rows = run(connection, ledger.chosen(dialect, groups), asked)
        run(connection, ledger.leased(dialect), {"ids": [row.id for row in rows], **lease})
    else:
        rows = run(connection, ledger.taken(dialect, groups), asked | lease)
        rows.sort(key=attrgetter("next_at", "id"))  # RETURNING promises no order
    pacing.spend(connection, shares, Counter(row.endpoint_id for row in rows), lease_seconds)
    known = known or Known()
    events = _events(session, {row.event_id for row in rows}, known)
    endpoints = _endpoints(session, {row.endpoint_id: shares[row.endpoint_id] for row in rows}, known)
    return [
        Owed(
            delivery_id=row.id,
            token=token,
            number=row.number,
            since_opened=row.number - row.prior_count,
            event=events[row.event_id],
            endpoint=endpoints[row.endpoint_id],
        )
        for row in rows
    ]


def sweep(session: Session) -> None:
    """Take back what leases have run out on, and cancel what disabled and removed endpoints were owed.

    A delivery whose every attempt was lost with its worker fails like one that was answered every time.
    """
    now = due.now(_dialect(session))
    most = (
        select(_endpoint.c.attempt_limit).where(_endpoint.c.id == _delivery.c.endpoint_id).scalar_subquery()
    )
    poison = _delivery.c.attempt_count - _delivery.c.prior_count >= most
    lost = select(_delivery.c.id).where(
        _delivery.c.state == given.word("sending"), _delivery.c.lease_until < now
    )
    swept = session.execute(
        update(_delivery)
        .where(_delivery.c.id.in_(lost.with_for_update(skip_locked=True)))
        .values(
            state=case((poison, "failed"), else_="pending"),
            finished_at=case((poison, now), else_=None),
            next_at=now,
            lease_token=None,
            lease_until=None,
        )
        .returning(_delivery.c.id, _delivery.c.state)
    )
    _tell_lost(session, [row.id for row in swept if row.state == "failed"])
    retiring.cancel_unwanted(session)


def settle(session: Session, tried: Sequence[Tried], rules: Rules = STANDARD) -> list[Tried]:
    """Write attempts and what follows from them; return those whose lease had been lost."""
    dialect, connection = _dialect(session), session.connection()
    tries = {new_id("att"): one for one in tried}
    rows = [_row(dialect, attempt_id, one) for attempt_id, one in tries.items()]
    if dialect == "sqlite":
        found = run(connection, ledger.held(dialect), {"tries": rows})
        mine = {row.id for row in found if row.mine}
        run(connection, ledger.settled(dialect), {"tries": rows})
        # A delivery that is gone, with its endpoint, has no attempts to be told of.
        there = {row.id for row in found}
        noted = [{**row, "late": row["id"] not in mine} for row in rows if row["id"] in there]
        run(connection, ledger.attempted(dialect), {"tries": noted})
    else:
        ids = sorted({one.owed.delivery_id for one in tried})
        found = run(connection, ledger.concluded(dialect), {"tries": rows, "ids": ids})
        mine = {row.id for row in found if row.mine}
    held = [one for attempt_id, one in tries.items() if attempt_id in mine]
    ill = {tries[row.id].owed.endpoint.id for row in found if row.ill}
    standing.note(session, held, rules, ill)
    return [one for attempt_id, one in tries.items() if attempt_id not in mine]


def _tell_lost(session: Session, ids: Sequence[str]) -> None:
    found = session.exec(
        select_models(Delivery, Event, Endpoint)
        .where(Delivery.id.in_(ids))  # type: ignore[attr-defined]  # a column
        .join(Event, Event.id == Delivery.event_id)  # type: ignore[arg-type]  # same
        .join(Endpoint, Endpoint.id == Delivery.endpoint_id)  # type: ignore[arg-type]  # same
    ).all() if ids else []  # fmt: skip
    lost = "every worker that tried it was lost"
    tried = [
        Tried(Owed(row.id, "", row.attempt_count, 0, event, endpoint), "failed", 0, "internal_error",
              row.created_at, 0, error=lost)
        for row, event, endpoint in found
    ]  # fmt: skip
    standing.note(session, tried, STANDARD, ())


def _row(dialect: str, attempt_id: str, one: Tried) -> JSON:
    return {
        "id": attempt_id,
        "delivery_id": one.owed.delivery_id,
        "number": one.owed.number,
        "started_at": given.moment(dialect, one.started_at),
        "duration_seconds": one.duration_seconds,
        "status_code": one.status_code,
        "outcome": one.outcome,
        "error": one.error,
        "response_excerpt": one.response_excerpt,
        "token": one.owed.token,
        "state": one.state,
        "wait": one.wait_seconds,
    }


def _events(session: Session, ids: set[str], known: Known) -> dict[str, Event]:
    found = {name: known.events[name] for name in ids & known.events.keys()}
    found |= _read(session, Event, ids - found.keys())
    if len(known.events) > MAX_KNOWN_EVENTS:
        known.events.clear()
    known.events.update(found)
    return found


def _endpoints(session: Session, shares: Mapping[str, Share], known: Known) -> dict[str, Endpoint]:
    kept = {name: known.endpoints.get(name, (None, None)) for name in shares}
    fresh = {name: row for name, (as_of, row) in kept.items() if row and as_of == shares[name].as_of}
    read = _read(session, Endpoint, shares.keys() - fresh.keys())
    if len(known.endpoints) > MAX_KNOWN_ENDPOINTS:
        known.endpoints.clear()
    known.endpoints.update(
        {name: (shares[name].as_of, row) for name, row in read.items() if shares[name].rested}
    )
    return fresh | read


def _read(session: Session, model: type[Model], ids: Collection[str]) -> dict[str, Model]:
    if not ids:
        return {}
    found = session.execute(_reading(_dialect(session), model), {"ids": sorted(ids)}).scalars()
    return {row.id: row for row in found}


@cache
def _reading(dialect: str, model: type[Model]) -> Select[Model]:
    return select(model).where(given.among(dialect, col(model.id), "ids"))


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
