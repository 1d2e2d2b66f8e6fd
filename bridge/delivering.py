"""Delivering: claims what is due, sends it and writes down what came of it.

One event loop sends; threads of its own talk to the database. What was sent together and is answered soon is settled
together, because a transaction costs much more than a delivery in it; nobody waits for a receiver that is slow. SQLite
has one writer: there each transaction settles and claims at once. PostgreSQL has many: there what succeeded is settled
beside the next claim. No more is claimed than can be sent at once, nor more of one endpoint than its share, so that a
slow one never takes all slots.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Final

import structlog
import uvloop
from sqlalchemy.exc import SQLAlchemyError

from bridge import attempting, clock, egress, pacing, retry, settling, waking
from bridge.errors import Busy
from bridge.outbound import Outbound
from bridge.runtime import Runtime
from bridge.settling import Known, Owed, Tried

LEASE_MARGIN_SECONDS: Final = 15
"""How much longer than an attempt its lease lasts: time to settle it, also when the database is busy."""
LOOK_SECONDS: Final = 1.0
"""How often the dispatcher looks by itself, whether a bell rang or not."""
GRACE_SECONDS: Final = 8.0
"""How long a stop lets attempts under way finish: many platforms kill ten seconds after they ask."""
SHARE: Final = 4
"""One endpoint has at most one in so many of the slots."""
SETTLE_TRIES: Final = 5
QUICK_SECONDS: Final = 0.01
LULL_SECONDS: Final = 0.001
"""Where receivers answer quickly the next transaction waits for those that were sent last, until none lands for so long."""

log = structlog.get_logger(__name__)


def deliver(runtime: Runtime, stop: threading.Event, wake: threading.Event | None = None) -> None:
    """Deliver what is due until `stop` is set; blocks. Then attempts under way finish or are given back.

    wake: set by others in this process when something may be due; cleared here.
    """
    uvloop.run(_deliver(runtime, stop, wake or threading.Event()))


def deliver_due(runtime: Runtime) -> int:
    """Deliver until nothing is due now; return how many attempts were made."""
    return uvloop.run(_deliver_due(runtime))


class Dispatcher:
    """What one dispatcher has in flight, has finished and has yet to settle. Lives in one event loop."""

    def __init__(self, runtime: Runtime, outbound: Outbound) -> None:
        settings = runtime.settings
        self.bell = asyncio.Event()
        self._runtime = runtime
        self._outbound = outbound
        self._writer = attempting.Writer(runtime)
        self._slots = settings.deliveries_at_once
        self._rules = retry.rules(settings)
        self._share = max(1, self._slots // SHARE)
        # Half of the share at a time: an endpoint is asked again while the other half is under way.
        self._batch = max(1, self._share // 2)
        self._timeout_seconds = settings.delivery_timeout_seconds
        self._lease_seconds = settings.delivery_timeout_seconds + LEASE_MARGIN_SECONDS
        self._alone = runtime.database.is_sqlite
        self._database_threads = ThreadPoolExecutor(1 if self._alone else 2, thread_name_prefix="settle")
        self._known = Known()
        # Asked once: for every delivery it would cost more than to sign it.
        self._tells_all = log.is_enabled_for(logging.DEBUG)
        self._flights: set[asyncio.Task[None]] = set()
        self._young: set[asyncio.Task[None]] = set()
        self._landed = asyncio.Event()
        self._quick = True
        self._busy: Counter[str] = Counter()
        self._tried: list[Tried] = []
        self._next_sweep = 0.0
        self.attempts = 0
        self.patience_seconds = LOOK_SECONDS

    @property
    def idle(self) -> bool:
        """Whether nothing is in flight and everything is settled."""
        return not (self._flights or self._tried)

    async def turn(self, *, claiming: bool = True) -> bool:
        """Settle what has finished and claim for the free slots; return whether there may be more to do at once.

        Raises Busy or SQLAlchemyError when the database does not answer; nothing is lost by that.
        """
        if claiming:
            await self._gather()
        # Whatever rang until now is seen by what follows.
        self.bell.clear()
        free = self._slots - len(self._flights) if claiming else 0
        tried, self._tried = self._tried, []
        if not (free or tried):
            return False
        # What failed may hold its endpoint back: only the claim after it knows that.
        if self._alone or not free or any(one.outcome != "succeeded" for one in tried):
            return await self._step(tried, free)
        settling_beside = [asyncio.ensure_future(self._step(tried, 0))] if tried else []
        began, *settled = await asyncio.gather(self._step([], free), *settling_beside, return_exceptions=True)
        for result in (began, *settled):
            if isinstance(result, BaseException):
                raise result
        # What was settled beside the claim may have been what a later one in order was waiting for.
        return bool(began or settled)

    async def _step(self, tried: list[Tried], free: int) -> bool:
        """Settle and claim in one transaction; return whether any attempt began."""
        full = [endpoint for endpoint, count in self._busy.items() if count > self._share - self._batch]
        began = clock.monotonic()
        loop = asyncio.get_running_loop()
        try:
            owed = await loop.run_in_executor(self._database_threads, self._transact, tried, free, full)
        except (Busy, SQLAlchemyError):
            self._tried = tried + self._tried
            # What was read in a transaction that is rolled back can be read no more.
            self._known = Known()
            raise
        begin_before = began + self._lease_seconds - self._timeout_seconds
        begun = {asyncio.create_task(self._fly(one, begin_before)) for one in owed}
        self._flights |= begun
        self._busy.update(one.endpoint.id for one in owed)
        if free:
            self._young = begun
        return bool(owed)

    async def _gather(self) -> None:
        """Wait for those that were sent last, as long as they keep landing; once, as they may be slow."""
        before = 0
        while self._quick and self._young and len(self._young) != before:
            before = len(self._young)
            self._landed.clear()
            await waking.rung(self._landed, LULL_SECONDS)
        self._young = set()

    async def finish(self, grace_seconds: float) -> None:
        """Let what is in flight finish, cut off what does not in time, and settle all of it."""
        if self._flights:
            await asyncio.wait(self._flights, timeout=grace_seconds)
        for task in self._flights:
            task.cancel()
        if self._flights:
            await asyncio.wait(self._flights)
        for _ in range(SETTLE_TRIES):
            try:
                await self.turn(claiming=False)
                break
            except (Busy, SQLAlchemyError) as error:
                log.warning("deliveries.not_settled", error=str(error)[:500])
                await asyncio.sleep(LOOK_SECONDS)
        self._database_threads.shutdown()

    async def _fly(self, owed: Owed, begin_before: float) -> None:
        trying = attempting.begin(owed, self._rules)
        try:
            if trying.started > begin_before:
                # This process was stopped or starved: the lease could run out under the attempt.
                self._tried.append(attempting.interrupted(trying))
                return
            tried = await attempting.attempt(trying, self._outbound, self._writer)
        except asyncio.CancelledError:
            tried = attempting.interrupted(trying)
        except Exception:
            log.exception("delivery.broken", **_ids(owed))
            tried = attempting.broken(trying)
        finally:
            self._land(owed)
        self._tried.append(tried)
        self._quick = tried.duration_seconds < QUICK_SECONDS
        self.attempts += 1
        if self._tells_all or tried.outcome != "succeeded":
            _tell(tried)

    def _land(self, owed: Owed) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._flights.discard(task)
            self._young.discard(task)
        if not self._young:
            self._landed.set()
        self._busy[owed.endpoint.id] -= 1
        if not self._busy[owed.endpoint.id]:
            del self._busy[owed.endpoint.id]
        self.bell.set()

    def _transact(self, tried: list[Tried], free: int, full: list[str]) -> list[Owed]:
        owed: list[Owed] = []
        with self._runtime.database.write() as session:
            late = settling.settle(session, tried, self._rules) if tried else []
            if free and clock.monotonic() >= self._next_sweep:
                settling.sweep(session)
                self._next_sweep = clock.monotonic() + LOOK_SECONDS
            asked = clock.monotonic()
            if free:
                owed = settling.claim(
                    session,
                    limit=free,
                    limit_each=self._batch,
                    without=full,
                    lease_seconds=self._lease_seconds,
                    per_second=self._rules.per_second,
                    known=self._known,
                )
            if free and not owed:
                pause = pacing.pause_seconds(session, self._rules.per_second, clock.monotonic() - asked)
                self.patience_seconds = LOOK_SECONDS if pause is None else min(pause, LOOK_SECONDS)
        for one in late:
            log.warning("delivery.late", outcome=one.outcome, **_ids(one.owed))
        return owed


async def _deliver(runtime: Runtime, stop: threading.Event, wake: threading.Event) -> None:
    async with (
        _dispatching(runtime) as dispatcher,
        waking.bells(runtime.database, stop, wake, dispatcher.bell),
    ):
        while not stop.is_set():
            try:
                if await dispatcher.turn():
                    continue
            except (Busy, SQLAlchemyError) as error:
                log.warning("deliveries.not_settled", error=str(error)[:500])
                await asyncio.sleep(LOOK_SECONDS)
                continue
            await waking.rung(dispatcher.bell, dispatcher.patience_seconds)


async def _deliver_due(runtime: Runtime) -> int:
    async with _dispatching(runtime) as dispatcher:
        while True:
            if await dispatcher.turn():
                continue
            if dispatcher.idle:
                return dispatcher.attempts
            await waking.rung(dispatcher.bell, LOOK_SECONDS)


@asynccontextmanager
async def _dispatching(runtime: Runtime) -> AsyncIterator[Dispatcher]:
    settings = runtime.settings
    outbound = Outbound(egress.rules(settings), timeout_seconds=settings.delivery_timeout_seconds)
    dispatcher = Dispatcher(runtime, outbound)
    try:
        yield dispatcher
    finally:
        await dispatcher.finish(GRACE_SECONDS)
        await outbound.aclose()


def _tell(tried: Tried) -> None:
    tell = log.debug if tried.outcome == "succeeded" else log.warning
    then = {"outcome": tried.outcome, "status_code": tried.status_code, "then": tried.state}
    tell("delivery.tried", **then, **_ids(tried.owed))


def _ids(owed: Owed) -> dict[str, object]:
    return {
        "delivery_id": owed.delivery_id,
        "event_id": owed.event.id,
        "endpoint_id": owed.endpoint.id,
        "connection_id": owed.event.connection_id,
        "attempt": owed.number,
    }
