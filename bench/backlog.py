"""Deliveries where it is hard: slow receivers, TLS, a long past, a reader that holds on to it, several workers.

Sizes by the environment, because the full ones take minutes: BENCH_DELIVERED (rows of the long past, 50,000 unless
said), BENCH_HELD (deliveries while a snapshot is held, 4,000 unless said).
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import ssl
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
from sqlalchemy import select, text

from bench import delivery
from bench.databases import Kind
from bench.delivery import AT_ONCE, ENDPOINTS, World
from bench.measuring import Reference, Row, percentile, row, times_at_least, times_at_most
from bench.processes import folder, of_procfile
from bench.receiver import receiver
from bridge import clock, egress, settling
from bridge.config import Settings
from bridge.models import Delivery, Event
from bridge.outbound import Outbound
from bridge.runtime import Runtime
from bridge.settling import Tried
from tests.bridge.test_dialling import certificate

DELIVERED = int(os.environ.get("BENCH_DELIVERED", "50000"))
HELD = int(os.environ.get("BENCH_HELD", "4000"))
LONG, RECOVERY_SECONDS = 30_000, 60
BEFORE = 10_000
CLAIMS = 150
SLOW_SECONDS, SLOW_AT_ONCE = 0.05, 32
POSTS = 4_000
world = delivery.world


def a_receiver_that_takes_50_ms(world: World) -> list[Row]:
    """Share out 32 slots among receivers that answer after 50 ms: 640/s is all there can be."""
    with (
        receiver(str(SLOW_SECONDS)) as slow,
        delivery.place(
            World(slow, world.emulator_url), "SQLite", PINEHOOK_DELIVERIES_AT_ONCE=str(SLOW_AT_ONCE)
        ) as place,
    ):
        _owe(place.runtime, slow.url, 2_500)
        with of_procfile("worker", place.environment, place.log):
            per_second = _per_second(place.runtime, 2_500)
    most = Reference("32 in 50 ms", SLOW_AT_ONCE / SLOW_SECONDS)
    return [row("deliveries to receivers that take 50 ms", per_second, "/s", most, times_at_least(0.9))]


def sends_over_tls(_: World) -> list[Row]:
    """Send by the bridge's own sender, 64 at once over kept lines, with TLS and without."""
    with folder() as place:
        pem = certificate(place, ["127.0.0.1", *(f"127.0.0.{n}" for n in range(2, ENDPOINTS + 1))], -1, 1)
        with receiver("0", str(pem)) as secure, receiver("0") as plain:
            urls = [plain.url(n) for n in range(ENDPOINTS)]
            bare = asyncio.run(_posts(urls, None))
            over = asyncio.run(
                _posts(
                    [url.replace("http:", "https:") for url in (secure.url(n) for n in range(ENDPOINTS))], pem
                )
            )
    return [row("sends over TLS", over, "/s", Reference("the same without", bare))]


def claims_after_a_long_past_on_sqlite(world: World) -> list[Row]:
    return _claims(world, "SQLite")


def claims_after_a_long_past_on_postgresql(world: World) -> list[Row]:
    return _claims(world, "PostgreSQL")


def a_held_snapshot_on_postgresql(world: World) -> list[Row]:
    """Hold a snapshot while many rows change, then let go: what had to be kept for it slows the claims down."""
    before, held, after, *later = _around_a_snapshot(world, hold=True)
    rows = [
        row(f"deliveries while a snapshot is held over {HELD:,}", held, "/s",
            Reference("before", before), times_at_least(0.5)),
        row("deliveries after its release", after, "/s", Reference("before", before)),
    ]  # fmt: skip
    if later:
        # The tables have grown meanwhile, which has its price with and without a snapshot.
        *_, without = _around_a_snapshot(world, hold=False)
        name = f"deliveries {RECOVERY_SECONDS} s after its release"
        rows.append(row(name, later[0], "/s", Reference("had there been none", without), times_at_least(0.9)))
    return rows


def _around_a_snapshot(world: World, *, hold: bool) -> list[float]:
    """Return the deliveries a second before it is held, meanwhile, after it, and when a long one is long over."""
    with delivery.place(world, "PostgreSQL") as place:
        with psycopg.connect(place.environment["DATABASE_URL"], autocommit=True) as setup:
            # By default it looks every minute, and at a database that is new after some minutes only.
            setup.execute("ALTER SYSTEM SET autovacuum_naptime = '15s'")
            setup.execute("SELECT pg_reload_conf()")
        _owe(place.runtime, world.receiver.url, 3 * HELD)
        with of_procfile("worker", place.environment, place.log):
            rates = [_per_second(place.runtime, HELD)]
            with psycopg.connect(place.environment["DATABASE_URL"]) as reader:
                if hold:
                    reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                    reader.execute("SELECT count(*) FROM delivery")
                rates.append(_per_second(place.runtime, 2 * HELD))
            released = time.perf_counter()
            rates.append(_per_second(place.runtime, 3 * HELD))
            if HELD >= LONG:
                time.sleep(max(0.0, released + RECOVERY_SECONDS - time.perf_counter()))
                # At once: the worker shall find all of it, not what has just been added.
                delivery.commit(place.runtime, "index.ready", HELD // ENDPOINTS)
                rates.append(_per_second(place.runtime, 4 * HELD))
    return rates


def four_workers_on_postgresql(world: World) -> list[Row]:
    one, four = (_by_workers(world, count) for count in (1, 4))
    return [row("deliveries by four workers, PostgreSQL", four, "/s", Reference("by one", one))]


ROWS: tuple[Callable[[World], list[Row]], ...] = (
    a_receiver_that_takes_50_ms,
    sends_over_tls,
    claims_after_a_long_past_on_sqlite,
    claims_after_a_long_past_on_postgresql,
    a_held_snapshot_on_postgresql,
    four_workers_on_postgresql,
)


def _by_workers(world: World, count: int) -> float:
    with delivery.place(world, "PostgreSQL") as place, ExitStack() as workers:
        _owe(place.runtime, world.receiver.url, 8_000)
        for _ in range(count):
            workers.enter_context(of_procfile("worker", place.environment, place.log))
        # By then all of them have begun.
        delivery.wait(lambda: delivery.settled(place.runtime) > 3_000)
        return _per_second(place.runtime, 8_000)


def _owe(runtime: Runtime, url: Callable[[int], str], count: int) -> None:
    for number in range(ENDPOINTS):
        delivery.endpoint(runtime, url(number), "index.*")
    for _ in range(0, count, ENDPOINTS * 10):
        delivery.commit(runtime, "index.ready", 10)


def _per_second(runtime: Runtime, until: int) -> float:
    """Return how many are settled a second, from the first that is from now on, until so many are; by the database's clock."""
    with runtime.database.read() as session:
        since = session.execute(select(runtime.database.now())).scalar_one()
    # Not oftener: counting what is done takes time from what is measured.
    delivery.wait(lambda: delivery.settled(runtime) >= until, delivery.LOOK_SECONDS)
    return delivery.per_second(runtime, since)


async def _posts(urls: list[str], pem: Path | None) -> float:
    tls = ssl.create_default_context(cafile=pem) if pem else None
    outbound = Outbound(egress.rules(Settings(env="development")), timeout_seconds=15, tls=tls)
    left = iter(range(POSTS))

    async def send(first: int) -> None:
        for number in left:
            await outbound.post(urls[(first + number) % len(urls)], b"x" * delivery.BODY_BYTES, {})

    await asyncio.gather(*(outbound.post(url, b"{}", {}) for url in urls))
    began = time.perf_counter()
    await asyncio.gather(*(send(number) for number in range(AT_ONCE)))
    per_second = POSTS / (time.perf_counter() - began)
    await outbound.aclose()
    return per_second


def _claims(world: World, kind: Kind) -> list[Row]:
    """Claim 32 of what is due in one transaction, again and again, beside a past of delivered rows."""
    with delivery.place(world, kind) as place:
        _owe(place.runtime, world.receiver.url, 2 * CLAIMS * 32)
        _deliver_in_the_past(place.runtime, BEFORE)
        few = _claim_p99(place.runtime)
        _deliver_in_the_past(place.runtime, DELIVERED - BEFORE)
        many = _claim_p99(place.runtime)
    return [
        row(f"claim after {DELIVERED:,} delivered, {kind}, p99", many, "ms", Reference(f"after {BEFORE:,}", few),
            times_at_most(2))
    ]  # fmt: skip


def _claim_p99(runtime: Runtime) -> float:
    took = []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        with runtime.database.write() as session:
            owed = settling.claim(session, limit=32, limit_each=8, without=(), lease_seconds=30)
        took.append(1000 * (time.perf_counter() - began))
        assert len(owed) == 32
        with runtime.database.write() as session:
            settling.settle(
                session, [Tried(one, "succeeded", 0, "succeeded", clock.now(), 0.01, 204) for one in owed]
            )
    return percentile(took, 99)


def _deliver_in_the_past(runtime: Runtime, count: int) -> None:
    """Write delivered rows, an event for each, by one statement a table; they sort before all others."""
    number = "printf('%032x', n.x)" if runtime.database.is_sqlite else "lpad(to_hex(n.x), 32, '0')"
    numbers = "WITH RECURSIVE n(x) AS (SELECT CAST(:first AS INTEGER) UNION ALL SELECT x + 1 FROM n WHERE x + 1 < :last)"
    with runtime.database.write() as session:
        first = session.execute(text("SELECT count(*) FROM event")).scalar_one()
        endpoint = session.execute(text("SELECT min(id) FROM endpoint")).scalar_one()
        given = {"first": first, "last": first + count, "endpoint": endpoint}
        for model, own in (
            (Event, {"id": f"'evt_' || {number}", "dedupe_key": f"'past ' || {number}", "position": "NULL"}),
            (Delivery, {"id": f"'dlv_' || {number}", "event_id": f"'evt_' || {number}", "endpoint_id": ":endpoint",
                        "state": "'succeeded'", "attempt_count": "1", "finished_at": "one.next_at"}),
        ):  # fmt: skip
            names = [column.name for column in model.__table__.columns]
            values = ", ".join(own.get(name, f"one.{name}") for name in names)
            one = f"(SELECT * FROM {model.__tablename__} ORDER BY id DESC LIMIT 1)"
            session.execute(text(
                f"INSERT INTO {model.__tablename__} ({', '.join(names)}) {numbers} SELECT {values} FROM n, {one} one"
            ), given)  # fmt: skip
    with runtime.database.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as analysing:
        analysing.exec_driver_sql("ANALYZE")
    if runtime.database.is_sqlite:
        # Or the first claim would pay for writing all of this back.
        with closing(sqlite3.connect(str(runtime.database.engine.url.database))) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
