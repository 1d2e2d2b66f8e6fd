"""The rounds: a project of many indexes with many namespaces each, looked at in turn within the budget of calls."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import psutil
from pinecone import Pinecone
from sqlalchemy import delete, func, update
from sqlmodel import col, select

from bench.measuring import Reference, Row, at_most, cpu_seconds, row, times_at_most
from bench.processes import KEY, emulator, folder, new_index, of_procfile, release, settings_for, settings_of
from bridge import clock, watching
from bridge.access import OPERATOR
from bridge.models import Budget, Event, ResourceRow, Watch
from bridge.runtime import Runtime, running
from pinecone_emulator import Settings
from pinecone_emulator.backend import Backend
from pinecone_emulator.catalogue import save_index
from pinecone_emulator.database import record_range
from pinecone_emulator.names import new_id, new_slug

SIZE = os.environ.get("BENCH_NAMESPACES") or ("200x1000" if os.environ.get("BENCH_FULL") else "20x100")
INDEXES, NAMESPACES = map(int, SIZE.split("x"))
INTERVAL = 60 if INDEXES * NAMESPACES > 10_000 else 2
LOOK_SECONDS = 0.5
ROUND_SECONDS = 1800.0
KINDS = ("namespaces", "record_counts")
DIMENSION = 8
MB = 1 << 20
CALLS_EACH = -(-NAMESPACES // 100) + 1
"""Of an index, in a round: a page for each hundred namespaces, and its statistics."""
CHANGED = f"i-{INDEXES // 2:04}"


@dataclass
class Seen:
    """What was seen of a worker while it went round: the calls counted by then, and the rest at its most."""

    calls: list[tuple[float, int]] = field(default_factory=list)
    peak_bytes: int = 0
    longest_wait_seconds: float = 0.0

    def most_in_a_minute(self) -> int:
        """Return the most calls that were counted within a minute."""
        return max(
            later - max((calls for at, calls in self.calls if at <= end - 60), default=0)
            for end, later in self.calls
        )


@dataclass(frozen=True)
class Round:
    """How long it took until every index had had its turn in both watches, and at what price."""

    seconds: float
    cores: float
    calls_per_minute: float


def rounds_of_namespaces(_world: None) -> list[Row]:
    """Go round twice: a silent round, and one that finds a namespace that is new."""
    seen, project = Seen(), f"{INDEXES} x {NAMESPACES:,} namespaces"
    with _project() as (runtime, worker, data, client):
        first = _measured_round(runtime, worker, seen, time.time())
        changed = time.time()
        with client.index(name=CHANGED) as index:
            index.upsert(vectors=[("one", [1.0] * DIMENSION)], namespace="made")
        second = _measured_round(runtime, worker, seen, changed)
        told = sorted((event.type, event.key) for event in _events(runtime))
        bytes_kept = sum(path.stat().st_size for path in data.glob("bridge.db*"))
        with runtime.database.read() as session:
            kept = len(session.exec(select(ResourceRow.id).where(col(ResourceRow.kind).in_(KINDS))).all())
        budget = Reference("the budget", runtime.settings.calls_per_minute)
    assert told == [("namespace.created", f"{CHANGED}/made"), ("record_count.changed", f"{CHANGED}/made")], (
        told
    )
    assert kept == 2 * (INDEXES * NAMESPACES + 1), kept
    by_budget = Reference("its calls by the budget", 60 * INDEXES * CALLS_EACH / budget.value)
    return [
        row(f"{project}, the first round", first.seconds, "s", by_budget),
        row(f"{project}, a round", second.seconds, "s", by_budget),
        row(f"{project}, calls in a minute", second.calls_per_minute, "calls", budget, at_most(budget.value)),
        row(f"{project}, most in one minute", seen.most_in_a_minute(), "calls", budget, times_at_most(1.5)),
        row(f"{project}, CPU of the worker", second.cores, "cores", None, at_most(0.5)),
        row(f"{project}, memory of the worker", seen.peak_bytes / MB, "MB"),
        row(f"{project}, database", bytes_kept / MB, "MB"),
        row(f"{project}, longest wait of a writer", seen.longest_wait_seconds, "s", None, at_most(2)),
    ]


def _measured_round(runtime: Runtime, worker: int, seen: Seen, since: float) -> Round:
    began, cpu, calls = time.monotonic(), cpu_seconds(worker), _calls(runtime)
    _go_round(runtime, worker, seen, since)
    seconds = time.monotonic() - began
    return Round(
        seconds, (cpu_seconds(worker) - cpu) / seconds, (_calls(runtime) - calls) * 60 / max(seconds, 60)
    )


def _calls(runtime: Runtime) -> int:
    """Return how many calls were counted, the same of the connection as of its watches."""
    with runtime.database.write() as session:  # a look writes both together
        of_watches = session.exec(select(func.sum(Watch.call_count))).one()
        [budget] = session.exec(select(Budget)).all() or [Budget(connection_id="", call_count=0)]
    assert budget.call_count == of_watches
    return budget.call_count


def _go_round(runtime: Runtime, worker: int, seen: Seen, since: float) -> None:
    """Wait until every part of both watches has been looked at since a moment."""
    process, end = psutil.Process(worker), time.monotonic() + ROUND_SECONDS
    while True:
        began = time.monotonic()
        calls = _calls(runtime)
        seen.longest_wait_seconds = max(seen.longest_wait_seconds, time.monotonic() - began)
        seen.peak_bytes = max(seen.peak_bytes, process.memory_info().rss)
        seen.calls.append((time.monotonic(), calls))
        with runtime.database.read() as session:
            watches = session.exec(select(Watch).where(col(Watch.trigger).in_(KINDS))).all()
        assert not any(watch.last_error for watch in watches), [watch.last_error for watch in watches]
        if all(_oldest(watch) > since for watch in watches):
            return
        assert time.monotonic() < end, "not every index had its turn"
        time.sleep(LOOK_SECONDS)


def _oldest(watch: Watch) -> float:
    """Return when the part seen longest ago was seen; 0 when one was never seen."""
    moments = [note["looked_at"] for note in watch.looks.values()]
    if len(moments) < INDEXES or None in moments:
        return 0.0
    return clock.parse(min(moments)).timestamp()


def _events(runtime: Runtime) -> list[Event]:
    with runtime.database.read() as session:
        return list(session.exec(select(Event)))


@contextmanager
def _project() -> Iterator[tuple[Runtime, int, Path, Pinecone]]:
    with folder() as data:
        with emulator(data) as pinecone, pinecone.client() as client:
            new_index(client, _name(0), DIMENSION).close()
        _stock(data)
        with emulator(data) as pinecone, pinecone.client() as client:
            environment = settings_for(data, pinecone.url)
            release(environment)
            with running(settings_of(environment)) as runtime:
                _order(runtime)
                with of_procfile("worker", environment, data / "worker.log") as worker:
                    yield runtime, worker.pid, data, client


def _order(runtime: Runtime) -> None:
    """Have the two watches, and only those, at work."""
    with runtime.database.write() as session:
        session.execute(update(Watch).values(state="paused"))
        session.execute(delete(Watch).where(col(Watch.trigger).in_(KINDS)))
    for kind in KINDS:
        options = {"count_by": "namespace"} if kind == "record_counts" else {}
        watching.create(
            runtime, OPERATOR, connection=None, trigger=kind, options=options, interval_seconds=INTERVAL
        )


def _stock(data: Path) -> None:
    """Write indexes, each with namespaces of one record, to the emulator's files: by requests it takes an hour."""
    backend = Backend(Settings(data_dir=data), data)
    [first] = backend.catalogue.indexes(backend.projects.of_key(KEY).project_id)
    vector = np.ones(DIMENSION, np.float32).tobytes()
    with backend.database.writing() as connection:
        for index in range(INDEXES):
            name = _name(index)
            made = replace(first, id=new_id(), name=name, slug=new_slug(name)) if index else first
            save_index(connection, made)
            numbers = range(index * NAMESPACES + 1, (index + 1) * NAMESPACES + 1)
            connection.executemany(
                "INSERT INTO namespaces (number, owner_id, name, lsn) VALUES (?, ?, ?, 1)",
                [(number, made.id, f"tenant-{number:06}") for number in numbers],
            )
            connection.executemany(
                "INSERT INTO records VALUES (?, 'one', ?, NULL, NULL)",
                [(record_range(number)[0], vector) for number in numbers],
            )
    backend.close()


def _name(number: int) -> str:
    return f"i-{number:04}"
