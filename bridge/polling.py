"""Polling: one look at Pinecone for one watch, and what it means, in one transaction.

Look (no transaction is open), judge what is absent, compare with what was known, and write resource rows,
events, deliveries and the watch's state together, or nothing of it. The first look of a watch is a silent
baseline, unless the watch asks to be told from the start.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

import structlog
from sqlalchemy import ColumnElement, RowMapping, Table, case, exists, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, SQLModel, col, select

from bridge import (
    absence,
    budgeting,
    clock,
    db,
    errors,
    events,
    fanout,
    logs,
    pace,
    resources,
    sealed,
    telling,
    troubles,
)
from bridge.choosing import Chooser, chooser, teller
from bridge.errors import PinehookError
from bridge.models import Event, Watch
from bridge.plugin import Snapshot
from bridge.resources import Overtaken, Shelf
from bridge.runtime import Runtime
from bridge.telling import Start
from bridge.turns import MAX_NEWS, Meter, Turns, due_before, metered

log = structlog.get_logger()
WATCHES: Final[Table] = SQLModel.metadata.tables[Watch.__tablename__]
LEASE_SECONDS: Final = 180
"""Longer than a look whose every call is retried; a dead worker's watch is taken over after it."""
OVERTAKEN_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Polled:
    """What came of a poll.

    outcome: polled · baseline (the first look, silent) · failed (nothing was changed, `error` says why) ·
    overtaken (another poller was faster; nothing was changed) · postponed (the connection's budget is used up).
    events: those that were new, in the order they happened. delivery_count: how many were made of them.
    """

    watch_id: str
    outcome: Literal["polled", "baseline", "failed", "overtaken", "postponed"]
    events: Sequence[Event] = ()
    delivery_count: int = 0
    error: PinehookError | None = None

    def __str__(self) -> str:
        """Say it in a line."""
        if self.error:
            return f"{self.outcome}: {self.error.detail}"
        told = ", ".join(f"{event.type} {event.key}" for event in self.events) or "nothing new"
        return f"{self.outcome}: {told} ({self.delivery_count} deliveries)"


@dataclass(frozen=True, slots=True)
class _Lease:
    """A watch held by a token, and what its look may spend and has spent."""

    watch: Watch
    token: str
    turns: Turns


def claim_due(runtime: Runtime, limit: int) -> list[tuple[str, str]]:
    """Lease up to `limit` watches that are due to this caller; return their ids with the fencing token."""
    due = (
        (WATCHES.c.state == "active") & (WATCHES.c.next_poll_at <= runtime.database.now()) & _is_free(runtime)
    )
    with runtime.database.read() as session:  # most looks find nothing: take no writer's lock for those
        if not session.scalar(select_columns(exists().where(due))):
            return []
    token, rows = _lease(runtime, due, limit)
    return [(row["id"], token) for row in rows]


def poll_now(runtime: Runtime, watch_id: str) -> Polled:
    """Poll a watch whether it is due or not, paused or not, all parts of it, whatever was spent already.

    Raises NotFound, Conflict when it is being polled.
    """
    token, rows = _lease(runtime, (WATCHES.c.id == watch_id) & _is_free(runtime), 1)
    if rows:
        return poll(runtime, watch_id, token, asked=True)
    with runtime.database.read() as session:
        if session.get(Watch, watch_id) is None:
            raise errors.NotFound(f"there is no watch {watch_id!r}")
    raise errors.Conflict("a worker is polling this watch at the moment; try again in a few seconds")


def poll(runtime: Runtime, watch_id: str, token: str, *, asked: bool = False) -> Polled:
    """Look once for a watch that was leased by this token. Whatever goes wrong is the watch's failure.

    asked: by a person, who waits for no budget and no turn.
    """
    with runtime.database.read() as session:
        leased = (col(Watch.id) == watch_id) & (col(Watch.lease_token) == token)
        watch = session.exec(select(Watch).where(leased)).first()
        if watch is None:
            return Polled(watch_id, "overtaken")
        budget = budgeting.left(session, watch.connection_id, runtime.settings.calls_per_minute)
        ahead = _ahead(runtime, session)
    lease = _Lease(watch, token, replace(_turns(watch, budget, asked=asked), ahead=ahead))
    with logs.bound(watch_id=watch_id, connection_id=watch.connection_id, trigger=watch.trigger):
        if not lease.turns.meter.limit:
            _release(runtime, lease, budget.wait_seconds)
            return Polled(watch_id, "postponed")
        try:
            start = _begin(runtime, watch)
            look = _look(runtime, start, lease.turns)
            polled = _commit(runtime, start, look, lease)
        except Overtaken:
            _release(runtime, lease, OVERTAKEN_SECONDS)
            return Polled(watch_id, "overtaken")
        except Exception as error:  # noqa: BLE001 - it is told in the watch, and the next look is due
            return _fail(runtime, lease, error)
        if polled.events or watch.failure_count:
            log.info("watch.polled", events=len(polled.events), deliveries=polled.delivery_count,
                     failures_before=watch.failure_count)  # fmt: skip
        return polled


def _turns(watch: Watch, budget: budgeting.Left, *, asked: bool) -> Turns:
    first = watch.baseline_at is None
    if asked:
        return Turns(looks=watch.looks, first=first)
    # Half of the budget is for kinds that need a call or two for a whole project.
    meter = Meter(budget.left, budget.calls_per_minute // 2)
    due = due_before(watch.interval_seconds, watch.hurried_at)
    return Turns(meter, watch.looks, due, first, most_news=MAX_NEWS)


def _ahead(runtime: Runtime, session: Session) -> timedelta:
    """Return how far the database's clock is ahead of this machine's; SQLite's is this machine's."""
    now = None if runtime.database.is_sqlite else session.scalar(select(runtime.database.now()))
    return now - clock.now() if now else timedelta()


def _begin(runtime: Runtime, watch: Watch) -> Start:
    plugin = runtime.registry.triggers.get(watch.trigger)
    if plugin is None:
        raise errors.NotFound(f"there is no trigger {watch.trigger!r} any more; remove this watch")
    schema = plugin.options.bundled
    chooses = chooser(schema, watch.options)
    shelf = Shelf(watch.connection_id, plugin.kind, watch.id if plugin.own_rows else "")
    with runtime.database.read() as session:
        known = resources.living(session, shelf)
        from_start = watch.baseline_at is None and watch.options.get("from_start")
        already = resources.told(session, shelf) if from_start else frozenset()
        others = session.exec(
            select(Watch.options, Watch.state).where(
                col(Watch.connection_id) == watch.connection_id,
                col(Watch.trigger) == watch.trigger,
                col(Watch.id) != watch.id,
                col(Watch.baseline_at).is_not(None),
            )
        ).all()
    known = {life: row for life, row in known.items() if chooses(row.resource)}
    sharing = [] if plugin.own_rows else [(_both(schema, options), state) for options, state in others]
    paused = [both for both, state in sharing if state != "active"]
    tells = teller(schema, watch.options)
    return Start(watch, plugin, shelf, chooses, tells, known, [both for both, _ in sharing], paused, already)


def _both(schema: Mapping[str, Any], options: Mapping[str, Any]) -> Chooser:
    chooses, tells = chooser(schema, options), teller(schema, options)
    return lambda resource: chooses(resource) and tells(resource)


def _look(runtime: Runtime, start: Start, turns: Turns) -> Snapshot:
    """Ask Pinecone; the only part that waits for a network."""
    connection = sealed.find(runtime.database, start.watch.connection_id)
    context = runtime.connections.context(connection, turns=turns)
    before = {life: row.resource for life, row in start.known.items()}
    turns.known = before
    with metered(turns.meter):
        look = start.plugin.snapshot(context, start.watch.options, before)
    chosen = replace(look, resources=tuple(filter(start.chooses, look.resources)))
    return telling.leave_alone(start, chosen)


def _commit(runtime: Runtime, start: Start, look: Snapshot, lease: _Lease) -> Polled:
    watch, known = start.watch, start.known
    missing = {life: row.missing_since_at for life, row in known.items() if row.missing_since_at}
    before = {life: row.resource for life, row in known.items()}
    steady_seconds = watch.options.get("steady_seconds", 0)
    settled = absence.settle(before, missing, look, start.plugin.deleted_after_seconds, steady_seconds)
    told = telling.tell(start, settled, lease.turns.silent)
    pause = pace.after_success(
        watch.interval_seconds,
        runtime.settings.poll_fast_seconds,
        moving=bool(settled.missing) or pace.is_moving(look.resources),
        unfinished=lease.turns.unfinished or not lease.turns.meter.left,
        chance=_chance(),
    )
    state = {
        "baseline_at": watch.baseline_at or look.observed_at,
        "last_poll_at": look.observed_at,
        "last_success_at": look.observed_at,
        "failure_count": 0,
        "last_error": None,
        "last_error_code": None,
    }
    with runtime.database.write() as session:
        if not _settle(runtime, session, lease, pause, state):
            raise Overtaken
        if watch.failure_count:
            troubles.note(session, watch, None, 0)
        written = resources.write(session, known, settled, start.shelf, look.observed_at)
        lives = {event.resource.life for event in told} & known.keys()
        places = {life: (known[life].id, known[life].version) for life in lives} | written
        new = events.store(session, telling.events(start, told, places, look.observed_at))
        delivery_count = fanout.fan_out(session, new) if new else 0
    outcome: Final = "baseline" if watch.baseline_at is None else "polled"
    return Polled(watch.id, outcome, new, delivery_count)


def _fail(runtime: Runtime, lease: _Lease, error: Exception) -> Polled:
    problem = runtime.connections.explain(error)
    failures = lease.watch.failure_count + 1
    pause = pace.after_failure(failures, problem.retry_after_seconds, chance=_chance())
    state = {"last_poll_at": clock.now(), "failure_count": failures,
             "last_error": problem.detail, "last_error_code": problem.code}  # fmt: skip
    with runtime.database.write() as session:
        if _settle(runtime, session, lease, pause, state):
            troubles.note(session, lease.watch, problem, failures)
    log.warning("watch.poll_failed", code=problem.code, failures=failures, next_in_seconds=round(pause, 1),
                exc_info=error if isinstance(problem, errors.InternalError) else None)  # fmt: skip
    return Polled(lease.watch.id, "failed", error=problem)


def _release(runtime: Runtime, lease: _Lease, pause: float) -> None:
    with runtime.database.write() as session:
        _settle(runtime, session, lease, pause, {})


def _settle(runtime: Runtime, session: Session, lease: _Lease, pause: float, state: dict[str, Any]) -> bool:
    """Give the lease back and set the next look, unless it was hurried meanwhile; False when the lease was lost."""
    later = db.after(session.get_bind().dialect.name, pause)
    hurried = WATCHES.c.next_poll_at != lease.watch.next_poll_at
    calls = lease.turns.meter.count
    statement = (
        update(WATCHES)
        .where(WATCHES.c.id == lease.watch.id, WATCHES.c.lease_token == lease.token)
        .values(
            lease_token=None,
            lease_until=None,
            next_poll_at=case((hurried, WATCHES.c.next_poll_at), else_=later),
            looks=lease.turns.looks,
            last_call_count=calls,
            call_count=WATCHES.c.call_count + calls,
            **state,
        )
    )
    settled = session.connection().execute(statement).rowcount == 1
    if settled:
        budgeting.spend(session, lease.watch.connection_id, calls, runtime.settings.calls_per_minute)
    return settled


def _lease(runtime: Runtime, due: ColumnElement[bool], limit: int) -> tuple[str, list[RowMapping]]:
    with runtime.database.write() as session:
        return db.claim(
            session,
            WATCHES,
            due=due,
            order=(WATCHES.c.next_poll_at, WATCHES.c.id),
            limit=limit,
            lease_seconds=LEASE_SECONDS,
        )


def _is_free(runtime: Runtime) -> ColumnElement[bool]:
    lease = WATCHES.c.lease_until
    return lease.is_(None) | (lease < runtime.database.now())


def _chance() -> float:
    return secrets.SystemRandom().random()
