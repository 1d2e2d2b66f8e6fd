"""Deliveries: how many one worker makes, durably, and how soon an event is received."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlmodel import col

from bench.databases import Kind, database_url
from bench.floor import Floor, floor
from bench.measuring import Reference, Row, at_most, cpu_seconds, median, percentile, row, times_at_least
from bench.processes import emulator, folder, of_procfile, release, settings_for, settings_of
from bench.receiver import ADDRESSES, Receiver, receiver
from bridge import clock, endpoints, events, fanout
from bridge.access import OPERATOR
from bridge.models import Delivery, Event, new_id
from bridge.runtime import Runtime, running

ENDPOINTS = ADDRESSES
EVENTS = 160
"""Each is owed to every endpoint: 8,000 deliveries."""
EVENTS_AT_ONCE = 20
AT_ONCE = 64
BODY_BYTES = 1024
FLOOR_REQUESTS = 15_000
PER_SECOND, SECONDS = 100, 5
WAIT_SECONDS = 90
LOOK_SECONDS = 0.5
"""Not oftener: counting what is done takes time from what is measured."""
SHARE = {"SQLite": 0.11, "PostgreSQL": 0.09}


@dataclass(frozen=True)
class World:
    """A receiver in a process of its own, and an emulator so that the worker's polls find something."""

    receiver: Receiver
    emulator_url: str


@dataclass(frozen=True)
class Place:
    """A migrated database with a runtime of this process on it, and what the worker's process needs."""

    runtime: Runtime
    environment: dict[str, str]
    log: Path


@contextmanager
def world() -> Iterator[World]:
    with folder() as data, emulator(data) as pinecone, receiver() as to:
        yield World(to, pinecone.url)


def deliveries_on_sqlite(world: World) -> list[Row]:
    return _deliveries(world, "SQLite")


def deliveries_on_postgresql(world: World) -> list[Row]:
    return _deliveries(world, "PostgreSQL")


ROWS: tuple[Callable[[World], list[Row]], ...] = (deliveries_on_sqlite, deliveries_on_postgresql)


def _deliveries(world: World, kind: Kind) -> list[Row]:
    with place(world, kind) as where:
        return [*_throughput(world, where, kind), *_delay(world, where, kind)]


def _throughput(world: World, place: Place, kind: Kind) -> list[Row]:
    """Owe everything first, then start the worker; the clock runs from the first record to the last."""
    for number in range(ENDPOINTS):
        endpoint(place.runtime, world.receiver.url(number), "index.*")
    for _ in range(0, EVENTS, EVENTS_AT_ONCE):
        commit(place.runtime, "index.ready", EVENTS_AT_ONCE)
    before = _floor(world)
    with of_procfile("worker", place.environment, place.log) as worker:
        wait(lambda: settled(place.runtime) > 0)
        first, cpu = settled(place.runtime), cpu_seconds(worker.pid)
        wait(lambda: settled(place.runtime) == EVENTS * ENDPOINTS, LOOK_SECONDS)
        used = (cpu_seconds(worker.pid) - cpu) / (EVENTS * ENDPOINTS - first)
    rate = per_second(place.runtime)
    assert len(world.receiver.arrivals()) >= EVENTS * ENDPOINTS
    after = _floor(world)
    wal = place.log.parent / "bridge.db-wal"
    log = (
        [row("write-ahead log after 8,000 deliveries, SQLite", wal.stat().st_size / 1e6, "MB")]
        if wal.exists()
        else []
    )
    least = Reference("bare asyncio sender", (before.per_second + after.per_second) / 2)
    cheapest = Reference("bare asyncio sender", 500_000 * (before.cpu_seconds + after.cpu_seconds))
    return [
        row(f"deliveries, {kind}", rate, "/s", least, times_at_least(SHARE[kind])),
        row(f"CPU of a delivery, {kind}", 1e6 * used, "µs", cheapest),
        *log,
    ]


def _delay(world: World, place: Place, kind: Kind) -> list[Row]:
    """Commit an event every 10 ms; the delay runs from the return of the commit to the arrival.

    The reference is what it cannot do without: the commit of the claim, and a POST.
    """
    bare = 1000 / floor(world.receiver, count=500, at_once=1, body=b"x" * BODY_BYTES).per_second
    bare += 1000 * median(
        [_seconds(lambda: commit(place.runtime, "restore_job.failed", 1)) for _ in range(50)]
    )
    endpoint(place.runtime, world.receiver.url(0), "backup.ready")
    committed: dict[str, float] = {}
    with of_procfile("worker", place.environment, place.log):
        committed |= commit(place.runtime, "backup.ready", 1)
        wait(lambda: settled(place.runtime) == EVENTS * ENDPOINTS + 1)
        world.receiver.arrivals()
        committed.clear()
        began = time.perf_counter()
        for number in range(PER_SECOND * SECONDS):
            time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            committed |= commit(place.runtime, "backup.ready", 1)
        wait(lambda: settled(place.runtime) == EVENTS * ENDPOINTS + 1 + PER_SECOND * SECONDS)
    arrived = dict(reversed(world.receiver.arrivals()))
    delays = [1000 * (arrived[event_id] - at) for event_id, at in committed.items()]
    return [
        row(f"commit to receipt, {kind}, {name}", percentile(delays, percent), "ms",
            Reference("a commit and a POST", bare), at_most(limit))
        for name, percent, limit in (("p50", 50, 20), ("p99", 99, 100))
    ]  # fmt: skip


@contextmanager
def place(world: World, kind: Kind, **more: str) -> Iterator[Place]:
    with folder() as data, database_url(kind, data) as url:
        environment = settings_for(
            data, world.emulator_url, DATABASE_URL=url, PINEHOOK_DELIVERIES_PER_SECOND="0", **more
        )
        release(environment)
        with running(settings_of(environment)) as runtime:
            yield Place(runtime, environment, data / "worker.log")


def _floor(world: World) -> Floor:
    found = floor(world.receiver, count=FLOOR_REQUESTS, at_once=AT_ONCE, body=b"x" * BODY_BYTES)
    world.receiver.arrivals()
    return found


def endpoint(runtime: Runtime, url: str, event_type: str) -> None:
    endpoints.create(runtime, OPERATOR, url=url, event_types=[event_type])


def commit(runtime: Runtime, event_type: str, count: int) -> dict[str, float]:
    """Write events and what is owed of them, in one transaction; return their ids and when it was committed."""
    rows = [_event(event_type) for _ in range(count)]
    with runtime.database.write() as session:
        fanout.fan_out(session, events.store(session, rows))
    return dict.fromkeys([one.id for one in rows], time.time())


def _event(event_type: str) -> Event:
    now, event_id = clock.now(), new_id("evt")
    event = Event(id=event_id, dedupe_key=event_id, type=event_type, key="bench", life=event_id,
                  data={"text": ""}, timestamp=now, observed_at=now)  # fmt: skip
    event.data["text"] = "x" * (BODY_BYTES - len(str(events.wire(event))))
    return event


def settled(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        done = select(func.count()).select_from(Delivery).where(col(Delivery.state) == "succeeded")
        return session.execute(done).scalar_one()


def per_second(runtime: Runtime, since: datetime | None = None) -> float:
    """Return how many were settled a second from the first (after a moment) to the last, by the database's clock."""
    finished = col(Delivery.finished_at)
    with runtime.database.read() as session:
        done = select(func.min(finished), func.max(finished))
        first, last = session.execute(done.where(finished > since) if since else done).one()
        later = select(func.count()).select_from(Delivery).where(finished > first)
        count: int = session.execute(later).scalar_one()
        return count / (last - first).total_seconds()


def wait(until: Callable[[], bool], every_seconds: float = 0.05) -> None:
    limit = time.perf_counter() + WAIT_SECONDS
    while not until():
        assert time.perf_counter() < limit, f"not within {WAIT_SECONDS} s"
        time.sleep(every_seconds)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
