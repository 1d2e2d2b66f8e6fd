"""The emulator: searches, durable writes, memory and starts, of 768 dimensions."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from pinecone import Index

from bench.measuring import (
    Reference,
    Row,
    at_most,
    median,
    percentile,
    resident_bytes,
    row,
    times_at_least,
    times_at_most,
)
from bench.processes import EmulatorProcess, emulator, folder, new_index

DIMENSION = 768
SMALL, LARGE = 10_000, int(os.environ.get("BENCH_RECORDS", "100000"))
"""`BENCH_RECORDS=1000000 python -m bench emulator` measures a million, in ten minutes and 12 GB."""
LARGE_NAME = f"{LARGE // 1000}k"
TENTHS = 10
"""Each record says which tenth it is in: what a filter of 10 % asks for."""
HTTP_MS = 2
FILTER_MS_PER_MILLION = 50
LOOK_SECONDS = 0.02
TOP_K = 10
QUERIES = 40
TAIL_QUERIES = 200
SEED_BATCH = 600
"""The most vectors of this dimension that weigh less than 2 MB."""
SEEDERS = 2
BATCH, BATCHES, ROUNDS = 100, 20, 5
STARTS = 5
MEGABYTE = 1e6
OTHERS = "import flask, numpy, orjson, waitress, click, sqlite3"


class Peak:
    """Looks at a process's memory all the while and keeps the most it had."""

    def __init__(self, pid: int) -> None:
        self.bytes = 0
        self._pid = pid
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            self.bytes = max(self.bytes, resident_bytes(self._pid))

    def end(self) -> None:
        """Look no more."""
        self._ended.set()
        self._thread.join()


@dataclass(frozen=True)
class World:
    """A data directory that the rows share: one fills it, a later one starts on it again."""

    data: Path
    running: EmulatorProcess
    stop: Callable[[], None]
    empty_bytes: int
    stored: np.ndarray
    peak: Peak


@contextmanager
def world() -> Iterator[World]:
    # Whole numbers, because they are short in JSON; for the search all numbers are alike.
    stored = np.random.default_rng(1).integers(-9, 10, (LARGE, DIMENSION), np.int8).astype(np.float32)
    with folder() as data, ExitStack() as processes:
        running = processes.enter_context(emulator(data))
        peak = Peak(running.pid)
        processes.callback(peak.end)
        yield World(data, running, processes.close, resident_bytes(running.pid), stored, peak)


def query_of_the_smaller(world: World) -> list[Row]:
    return _queries(world, SMALL, "10k")


def query_of_the_larger(world: World) -> list[Row]:
    return _queries(world, LARGE, LARGE_NAME)


def tail(world: World) -> list[Row]:
    """Ask and scan in turns while another process keeps a core busy; compare the slowest but one in a hundred."""
    lengths = np.linalg.norm(world.stored, axis=1)
    asked, scanned = [], []
    with (
        world.running.client() as pinecone,
        pinecone.index(name=f"searched-{LARGE_NAME}") as index,
        _busy_core(),
    ):
        for wanted in np.random.default_rng(4).standard_normal((TAIL_QUERIES, DIMENSION)).astype(np.float32):
            asked.append(_milliseconds(index.query, vector=wanted.tolist(), top_k=TOP_K))
            scanned.append(_milliseconds(_scan, world.stored, lengths, wanted))
    reference = Reference("numpy's exact scan then", percentile(scanned, 99))
    name = f"query of {LARGE_NAME} beside a busy core, p99"
    return [row(name, percentile(asked, 99), "ms", reference)]


@contextmanager
def _busy_core() -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            yield
        finally:
            busy.kill()


def memory(world: World) -> list[Row]:
    """Compare what the process has grown by, the 10k included, with the float32 data in it."""
    data = (SMALL + LARGE) * DIMENSION * 4
    reference = Reference("the float32 data", data / MEGABYTE)
    grown = {
        f"memory of {(SMALL + LARGE) // 1000}k x 768": resident_bytes(world.running.pid),
        "its peak while it was filled": world.peak.bytes,
    }
    return [
        row(name, (now - world.empty_bytes) / MEGABYTE, "MB", reference, times_at_most(1.4))
        for name, now in grown.items()
    ]


def durable_upsert(world: World) -> list[Row]:
    """Write as the SDK does it in bulk, some batches in flight, and parse bodies of the same numbers, in turns."""
    numbers = np.random.default_rng(2).standard_normal((BATCHES * BATCH, DIMENSION))
    records = _records(numbers, 0)
    bodies = [orjson.dumps({"vectors": records[n : n + BATCH]}) for n in range(0, len(records), BATCH)]
    written, parsed = [], []
    with world.running.client() as pinecone, new_index(pinecone, "written", DIMENSION) as index:
        index.upsert(vectors=records[:BATCH])
        for _ in range(ROUNDS):
            parsed.append(_seconds(lambda: [orjson.loads(body) for body in bodies]))
            written.append(
                _seconds(lambda: index.upsert(vectors=records, batch_size=BATCH, show_progress=False))
            )
        assert index.describe_index_stats().total_vector_count == len(records)
    reference = Reference("orjson.loads of the bodies", len(records) / median(parsed))
    rate = len(records) / median(written)
    return [row("durable upsert, batches of 100", rate, "vectors/s", reference, times_at_least(0.4))]


def cold_start(_world: World) -> list[Row]:
    """Start on an empty directory, to the first answer; beside Python with the same libraries."""
    started = []
    for _ in range(STARTS):
        with folder() as data, emulator(data) as other:
            started.append(other.start_seconds)
    imported = [
        _seconds(lambda: subprocess.run([sys.executable, "-c", OTHERS], check=True)) for _ in range(STARTS)
    ]
    reference = Reference("Python importing its libraries", median(imported))
    return [row("cold start", median(started), "s", reference, at_most(1))]


def reload(world: World) -> list[Row]:
    """Start again on the same directory, to the first answer of a search; beside the start with nothing."""
    world.stop()
    with folder() as nothing, emulator(nothing) as other:
        empty_seconds = other.start_seconds
    began = time.perf_counter()
    with (
        emulator(world.data) as running,
        running.client() as pinecone,
        pinecone.index(name=f"searched-{LARGE_NAME}") as index,
    ):
        found = index.query(vector=world.stored[0].tolist(), top_k=1)
        seconds = time.perf_counter() - began
    assert [match.id for match in found.matches] == ["0"]
    reference = Reference("the start with nothing stored", empty_seconds)
    goal = at_most(2 * max(1, LARGE / 100_000))
    return [row(f"reload of {LARGE_NAME} x 768", seconds, "s", reference, goal)]


ROWS: tuple[Callable[[World], list[Row]], ...] = (
    query_of_the_smaller,
    query_of_the_larger,
    tail,
    memory,
    durable_upsert,
    cold_start,
    reload,
)


def _queries(world: World, count: int, name: str) -> list[Row]:
    """Ask and scan in turns, so that both meet the same machine; once for all, once for a tenth."""
    stored = world.stored[:count]
    lengths = np.linalg.norm(stored, axis=1)
    tenth = np.arange(count) % TENTHS == 0
    asked, scanned, asked_tenth, gathered = [], [], [], []
    with world.running.client() as pinecone, new_index(pinecone, f"searched-{name}", DIMENSION) as index:
        _fill(index, stored)
        for wanted in np.random.default_rng(3).standard_normal((QUERIES, DIMENSION)).astype(np.float32):
            query = {"vector": wanted.tolist(), "top_k": TOP_K}
            asked.append(_milliseconds(index.query, **query))
            scanned.append(_milliseconds(_scan, stored, lengths, wanted))
            asked_tenth.append(_milliseconds(index.query, **query, filter={"tenth": 0}))
            gathered.append(_milliseconds(_gather, stored, lengths, tenth, wanted))
    allowed = HTTP_MS + FILTER_MS_PER_MILLION * count / 1e6
    whole = Reference("numpy's exact scan", median(scanned))
    part = Reference("numpy's gather and scan", median(gathered))
    return [
        row(f"query of {name}, p50", median(asked), "ms", whole, times_at_most(1.2, plus=HTTP_MS)),
        row(f"query of a tenth of {name}", median(asked_tenth), "ms", part, times_at_most(1.2, plus=allowed)),
    ]


def _gather(stored: np.ndarray, lengths: np.ndarray, tenth: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    at = np.flatnonzero(tenth)
    return at[_scan(stored[at], lengths[at], wanted)]


def _scan(stored: np.ndarray, lengths: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    scores = (stored @ wanted) / lengths
    best = np.argpartition(-scores, TOP_K)[:TOP_K]
    return best[np.argsort(-scores[best])]


def _fill(index: Index, stored: np.ndarray) -> None:
    def send(first: int) -> None:
        records = _records(stored[first : first + SEED_BATCH].astype(np.int64), first)
        for place, record in enumerate(records, first):
            record["metadata"] = {"tenth": place % TENTHS}
        index.upsert(vectors=records)

    with ThreadPoolExecutor(SEEDERS) as seeders:
        list(seeders.map(send, range(0, len(stored), SEED_BATCH)))


def _records(numbers: np.ndarray, first: int) -> list[dict[str, Any]]:
    return [{"id": str(first + place), "values": values} for place, values in enumerate(numbers.tolist())]


def _milliseconds(function: Callable[..., object], *given: Any, **named: Any) -> float:
    return 1000 * _seconds(lambda: function(*given, **named))


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
