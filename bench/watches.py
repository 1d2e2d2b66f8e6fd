"""Watches at work: a large diff, how soon a change is received, and whether one worker keeps many intervals."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from datetime import datetime
from itertools import pairwise

from sqlalchemy import delete, update
from sqlmodel import col, select

from bench.measuring import Reference, Row, at_most, cpu_seconds, percentile, row
from bench.processes import KEY, emulator, folder, new_index, of_procfile, release, settings_for, settings_of
from bench.receiver import receiver
from bridge import absence, clock, connecting, endpoints, watching
from bridge.access import OPERATOR
from bridge.models import Event, Watch
from bridge.plugin import Resource, Snapshot
from bridge.runtime import Runtime, running
from triggers import indexes

RESOURCES = 100_000
MOVED_EACH = 1000
"""One of so many has another state."""
CHANGES = 40
TAKES = 5.0
"""Seconds until an index is ready: its watch has seen it in transition by then."""
FAST = 2
WATCHES, INTERVAL = (500, 60) if os.environ.get("BENCH_FULL") else (100, 12)
"""As many looks in a second; BENCH_FULL=1 takes four minutes."""
KINDS = ("indexes", "backups", "restore_jobs", "collections")
PER_CONNECTION = 5


def diff_of_100000_resources(_world: None) -> list[Row]:
    """Settle a look and compare it with what was known."""
    before = {life: _index(life, "Ready") for life in map(str, range(RESOURCES))}
    seen = tuple(_index(life, "ScalingUp" if int(life) % MOVED_EACH == 0 else "Ready") for life in before)
    look = Snapshot(seen, complete=True, observed_at=clock.now())
    began = time.process_time()
    settled = absence.settle(before, {}, look, 0)
    told = list(indexes.diff(before, settled.after, {}))
    seconds = time.process_time() - began
    assert len(told) == RESOURCES // MOVED_EACH
    began = time.process_time()
    assert sum(one == other for one, other in zip(seen, before.values(), strict=True)) < RESOURCES
    reference = Reference("comparing them", time.process_time() - began)
    return [row("diff of 100,000 resources, CPU", seconds, "s", reference, at_most(1))]


def _index(life: str, state: str) -> Resource:
    body = {"name": f"i-{life}", "host": life, "status": {"ready": True, "state": state}, "deployment": {"cloud": "aws"},
            "schema": {"fields": {"_values": {"type": "dense_vector", "dimension": 8}}}, "tags": {"n": life},
            "deletion_protection": "disabled", "read_capacity": None}  # fmt: skip
    return Resource(f"i-{life}", life, state, body)


def change_to_webhook(_world: None) -> list[Row]:
    """Create indexes at odd moments; the delay runs from the moment one becomes ready to the arrival of that event."""
    ready: dict[str, float] = {}
    with folder() as data, emulator(data, TAKES) as pinecone, receiver() as to:
        environment = settings_for(
            data, pinecone.url, PINEHOOK_POLL_SECONDS=str(FAST), PINEHOOK_POLL_FAST_SECONDS=str(FAST)
        )
        release(environment)
        with running(settings_of(environment)) as runtime, pinecone.client() as client:
            endpoints.create(runtime, OPERATOR, url=to.url(0), event_types=["index.ready"])
            with of_procfile("worker", environment, data / "worker.log"):
                _first_looks(runtime)
                for number in range(CHANGES):
                    new_index(client, f"i-{number}", 8).close()
                    ready[f"i-{number}"] = time.time() + TAKES
                    time.sleep(0.37)
                time.sleep(TAKES + 2 * FAST + 2)
            with runtime.database.read() as session:
                names = {one.id: one.key for one in session.exec(select(Event))}
        delays = [at - ready[names[event_id]] for event_id, at in to.arrivals()]
    assert len(delays) == CHANGES
    return [
        row(f"change to webhook, looking every {FAST} s, {name}", percentile(delays, percent), "s", None, at_most(limit))
        for name, percent, limit in (("p50", 50, 1.3), ("p99", 99, 2.5))
    ]  # fmt: skip


def many_watches(_world: None) -> list[Row]:
    """Let one worker keep the intervals of many watches for three of them; 20 indexes for each connection."""
    with folder() as data, emulator(data) as pinecone:
        environment = settings_for(data, pinecone.url)
        release(environment)
        with running(settings_of(environment)) as runtime, pinecone.client() as client:
            for number in range(20):
                new_index(client, f"i-{number}", 8).close()
            _order(runtime, pinecone.url)
            with of_procfile("worker", environment, data / "worker.log") as worker:
                _first_looks(runtime)
                began, cpu = time.monotonic(), cpu_seconds(worker.pid)
                looks = _looks(runtime, began + 3 * INTERVAL)
                share = (cpu_seconds(worker.pid) - cpu) / (time.monotonic() - began)
    late = [
        later / INTERVAL
        for moments in looks.values()
        for later in ((b - a).total_seconds() for a, b in pairwise(sorted(moments)))
    ]
    name = f"{WATCHES} watches every {INTERVAL} s"
    return [
        row(f"{name}, interval kept, p99", percentile(late, 99), "x", None, at_most(1.2)),
        row(f"{name}, CPU of the worker", share, "cores", None, at_most(0.5)),
    ]


def _order(runtime: Runtime, url: str) -> None:
    """Watch many connections, each with five watches that begin at moments of their own."""
    with runtime.database.write() as session:
        session.execute(delete(Watch))
    for number in range(WATCHES // PER_CONNECTION):
        made = connecting.create(runtime, OPERATOR, name=f"c-{number}", api_key=KEY, host=url).id
        with runtime.database.write() as session:
            session.execute(delete(Watch).where(col(Watch.trigger).not_in(KINDS)))
            session.execute(
                update(Watch).where(col(Watch.connection_id) == made).values(interval_seconds=INTERVAL)
            )
        watching.create(runtime, OPERATOR, connection=made, trigger="indexes", options={"names": ["i-*"]},
                        interval_seconds=INTERVAL)  # fmt: skip


def _first_looks(runtime: Runtime) -> None:
    limit = time.monotonic() + 120
    while True:
        with runtime.database.read() as session:
            new = session.exec(select(Watch.id).where(col(Watch.baseline_at).is_(None))).all()
        if not new:
            return
        assert time.monotonic() < limit, f"{len(new)} watches had no look"
        time.sleep(0.2)


def _looks(runtime: Runtime, end: float) -> dict[str, set[datetime]]:
    """Note when each watch looked, until the end."""
    found: dict[str, set[datetime]] = defaultdict(set)
    while time.monotonic() < end:
        with runtime.database.read() as session:
            for watch_id, moment in session.exec(select(Watch.id, Watch.last_poll_at)):
                if moment:
                    found[watch_id].add(moment)
        time.sleep(0.5)
    return found
