"""Requeueing: everything that failed opened again by hand, of one endpoint or of all: after an outage, say.

Only what has ended is touched, and nothing that ended after `until`: asking twice sends nothing twice. What
disabled and removed endpoints were owed is left alone. Batches keep every transaction short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import Select, Table, func, select

from bridge import auditing, clock, endpoints, errors, fanout, resending, waking
from bridge.access import Caller
from bridge.errors import Fault
from bridge.models import Delivery, Endpoint, Event
from bridge.runtime import Runtime

BATCH: Final = 500
MAX_AT_ONCE: Final = 10_000
ENDED: Final = ("failed", "cancelled")

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same
_event: Final[Table] = Event.__table__  # type: ignore[attr-defined]  # same


@dataclass(frozen=True, slots=True)
class Requeued:
    """How many deliveries were opened again, or would be.

    until: give it again to go on where `more` is true, or to be sure that nothing is sent a second time.
    """

    count: int
    until: datetime
    more: bool


def requeue(
    runtime: Runtime,
    caller: Caller,
    *,
    endpoint: str | None = None,
    states: Sequence[Literal["failed", "cancelled"]] = ("failed",),
    event_types: Sequence[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    per_second: float | None = None,
    dry_run: bool = False,
) -> Requeued:
    """Open deliveries again that ended so from `since` to before `until`, at most 10,000 at a time; or count them.

    endpoint: of this one alone; else of all that the caller may see and that are not disabled. event_types:
    only of these. per_second: spread over time by so many a second; rate caps hold in any case.
    Raises NotFound, InvalidInput, and EndpointDisabled when it is the one endpoint.
    """
    _refuse_unfit(states, per_second)
    until = until or clock.now()
    with runtime.database.read() as session:
        if endpoint is not None:
            resending.refuse_closed(endpoints.visible(session, caller, endpoint))
        wanted = _wanted(
            caller, endpoint=endpoint, states=states, event_types=event_types, since=since, until=until
        )
        if dry_run:
            total = session.execute(select(func.count()).select_from(wanted.subquery())).scalar_one()
            return Requeued(total, until, more=False)
    with runtime.database.write() as session:
        auditing.note(session, caller, "delivery.requeue", endpoint or "*", count=None)
        start: datetime = session.scalar(select(runtime.database.now())) or clock.now()
    count, more, seen = 0, True, ""
    while more and count < MAX_AT_ONCE:
        ids = _batch(runtime, wanted, seen)
        waits = (
            start + timedelta(seconds=(count + n) / per_second if per_second else 0) for n in range(BATCH)
        )
        with runtime.database.write() as session:
            count += resending.reopen(session, dict(zip(ids, waits, strict=False)), states)
            waking.ring(session)
        more, seen = len(ids) == BATCH, ids[-1] if ids else seen
    return Requeued(count, until, more)


def _batch(runtime: Runtime, wanted: Select[Any], seen: str) -> Sequence[str]:
    # Read outside of the writing transaction: the way to what failed may lead past much that did not.
    with runtime.database.read() as session:
        after = wanted.where(_delivery.c.id > seen).order_by(_delivery.c.id).limit(BATCH)
        return session.execute(after).scalars().all()


def _wanted(
    caller: Caller,
    *,
    endpoint: str | None,
    states: Sequence[str],
    event_types: Sequence[str] | None,
    since: datetime | None,
    until: datetime,
) -> Select[Any]:
    wanted = (
        select(_delivery.c.id)
        .join(_endpoint, _endpoint.c.id == _delivery.c.endpoint_id)
        .join(_event, _event.c.id == _delivery.c.event_id)
        .where(
            _delivery.c.state.in_(states),
            _delivery.c.finished_at < until,
            _endpoint.c.state.in_(fanout.REACHABLE),
            _event.c.test.is_(False),
        )
    )
    if endpoint is not None:
        wanted = wanted.where(_delivery.c.endpoint_id == endpoint)
    if caller.connection_ids is not None:
        wanted = wanted.where(_endpoint.c.connection_id.in_(caller.connection_ids))
    if event_types is not None:
        wanted = wanted.where(fanout.wanted_by(_event.c.type, event_types))
    if since is not None:
        wanted = wanted.where(_delivery.c.finished_at >= since)
    return wanted


def _refuse_unfit(states: Sequence[str], per_second: float | None) -> None:
    faults = []
    if not states or set(states) - set(ENDED):
        faults.append(Fault("/states", f"must name some of: {', '.join(ENDED)}"))
    if per_second is not None and per_second <= 0:
        faults.append(Fault("/per_second", "must be more than 0"))
    if faults:
        raise errors.InvalidInput("this cannot be requeued", errors=tuple(faults))
