"""The standing of endpoints: what attempts make of them, and what is told of it to the others.

An endpoint that fails several times in a row, or asks for it, is held back for a while; then one attempt at a
time is made until one succeeds (a circuit breaker whose state every worker shares). What changes here is told
by events in the same transaction, which go to every endpoint that wants them but the one they are about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlmodel import Session, col, select

from bridge import clock, db, events, fanout, retry
from bridge.models import Endpoint, Event
from bridge.plugin import JSON
from bridge.retry import Rules

if TYPE_CHECKING:
    from bridge.settling import Tried

NO_ONES_FAULT: Final = frozenset({"interrupted", "internal_error", "too_large", "unsealable"})
"""Outcomes that say nothing about a receiver."""
OWN_NOUNS: Final = ("endpoint.", "delivery.")
"""Of deliveries that tell of deliveries nothing is told, or two broken endpoints would tell each other for ever."""
NOT_FOUND: Final = 404


def note(session: Session, tried: Sequence[Tried], rules: Rules, ill: Collection[str]) -> None:
    """Write down what settled attempts say of their endpoints, and tell what changed by events.

    ill: endpoints that had failed before; a success says nothing new of any other.
    """
    by_endpoint: dict[str, list[Tried]] = defaultdict(list)
    for one in tried:
        if one.outcome not in NO_ONES_FAULT:
            by_endpoint[one.owed.endpoint.id].append(one)
    touched = [name for name, found in by_endpoint.items()
               if name in ill or any(one.outcome != "succeeded" for one in found)]  # fmt: skip
    rows = _rows(session, touched)
    failed = [one for one in tried if one.state == "failed" and tells(one.owed.event)]
    if not (rows or failed):
        return
    now = session.scalar(select(db.database_now(session.get_bind().dialect.name)))
    assert now is not None  # noqa: S101 - a clock always tells
    told: list[Event] = []
    for row in rows:
        for one in by_endpoint[row.id]:
            if one.outcome == "succeeded":
                told += _well(row, one, now)
            else:
                told += _ill(row, one, now, rules)
    told += [exhausted(one, now) for one in failed]
    # What follows in this transaction, a claim, asks the database itself.
    session.flush()
    if told:
        fanout.fan_out(session, events.store(session, told))


def tells(event: Event) -> bool:
    """Whether it is told when the delivery of an event has failed for good."""
    return not (event.test or event.type.startswith(OWN_NOUNS))


def exhausted(one: Tried, now: datetime) -> Event:
    """Return the event that a delivery has failed for good."""
    owed = one.owed
    data = {
        "delivery": owed.delivery_id,
        "event": owed.event.id,
        "event_type": owed.event.type,
        "event_key": owed.event.key,
        "endpoint": owed.endpoint.id,
        "url": owed.endpoint.masked_url,
        "description": owed.endpoint.description,
        "attempt_count": owed.number,
        **_last(one),
    }
    return Event(
        dedupe_key=f"delivery.exhausted {owed.delivery_id} {owed.number}",
        type="delivery.exhausted",
        connection_id=owed.endpoint.connection_id,
        key=owed.delivery_id,
        life=owed.endpoint.id,
        status="failed",
        data=data,
        timestamp=now,
        observed_at=now,
    )


def _rows(session: Session, touched: Sequence[str]) -> Sequence[Endpoint]:
    if not touched:
        return []
    statement = (
        select(Endpoint)
        .where(col(Endpoint.id).in_(touched), col(Endpoint.state) != "removed")
        # In one order, so that two workers never wait for each other; without the key, so that nobody who
        # only points at the endpoint waits at all. What this session has read before may be old by now.
        .order_by(col(Endpoint.id))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return session.exec(statement).all()


def _well(row: Endpoint, one: Tried, now: datetime) -> list[Event]:
    was_told = row.told_failing
    forget(row)
    if not was_told or row.state == "disabled":
        return []
    row.told_failing = False
    return [_of_endpoint("endpoint.recovered", row, one, now, status=row.state, previous="failing")]


def _ill(row: Endpoint, one: Tried, now: datetime, rules: Rules) -> list[Event]:
    row.failure_count += 1
    row.not_found_count = row.not_found_count + 1 if one.status_code == NOT_FOUND else 0
    row.failing_since_at = row.failing_since_at or min(one.started_at, now)
    _hold(row, one, now, rules)
    told = []
    if row.failure_count >= rules.failing_after and not row.told_failing and row.state == "active":
        row.told_failing = True
        told.append(_of_endpoint("endpoint.failing", row, one, now, status="failing", previous=row.state))
    reason = one.disable or _too_long(row, now, rules)
    if reason and row.state != "disabled":
        previous, row.state, row.reason = row.state, "disabled", reason
        row.told_failing, row.updated_at = True, now
        told.append(_of_endpoint("endpoint.disabled", row, one, now, status="disabled", previous=previous))
    return told


def forget(row: Endpoint) -> None:
    """Forget that an endpoint failed: it is sent everything again."""
    row.failure_count = row.not_found_count = row.trip_count = 0
    row.failing_since_at = row.probe_until_at = None


def _hold(row: Endpoint, one: Tried, now: datetime, rules: Rules) -> None:
    slow_down = one.status_code in retry.SLOW_DOWN
    asked = one.asked_seconds if slow_down else None
    if row.held_until_at is None or row.held_until_at <= now:
        if not (slow_down or row.trip_count or row.failure_count >= rules.failing_after):
            return
        # What was under way when it was held back already says nothing new.
        row.trip_count += 1
        row.probe_until_at = None
        row.held_until_at = now + timedelta(seconds=retry.hold_seconds(row.trip_count, asked))
    elif asked:
        row.held_until_at = max(
            row.held_until_at, now + timedelta(seconds=min(asked, retry.MAX_ASKED_HOLD_SECONDS))
        )


def _too_long(row: Endpoint, now: datetime, rules: Rules) -> str | None:
    if rules.disable_after_not_found and row.not_found_count >= rules.disable_after_not_found:
        return f"the receiver answered 404 Not Found {row.not_found_count} times in a row"
    since, limit = row.failing_since_at, rules.disable_after_seconds
    if (
        limit
        and since
        and row.failure_count >= rules.failing_after
        and now - since >= timedelta(seconds=limit)
    ):
        return f"nothing but failure since {since:%Y-%m-%d %H:%M} UTC"
    return None


def _of_endpoint(
    name: str, row: Endpoint, one: Tried, now: datetime, *, status: str, previous: str | None
) -> Event:
    data = {
        "endpoint": row.id,
        "url": row.masked_url,
        "description": row.description,
        "state": row.state,
        "reason": row.reason,
        "failure_count": row.failure_count,
        "failing_since_at": clock.iso(row.failing_since_at) if row.failing_since_at else None,
        **_last(one),
    }
    return Event(
        dedupe_key=f"{name} {one.owed.delivery_id} {one.owed.number}",
        type=name,
        connection_id=row.connection_id,
        key=row.id,
        life=row.id,
        status=status,
        previous_status=previous,
        data=data,
        timestamp=now,
        observed_at=now,
    )


def _last(one: Tried) -> JSON:
    return {"last_status_code": one.status_code, "last_outcome": one.outcome, "last_error": one.error}
