"""Small actions: what the bridge adds to the same call of the SDK, and how many it does beside a bare Flask view."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pinecone import Index

from bench import bulk
from bench.measuring import Reference, Row, at_most, cpu_seconds, median, percentile, row, times_at_least
from bench.processes import KEY, START_SECONDS, Caller, House, dumped, folder, house, new_index
from tests.stories.processes import free_port, own_environment, process

VECTORS, DIMENSION = 1000, 768
TOP_K = 10
WARM, CALLS = 30, 300
AT_ONCE, CALLS_EACH, ROUNDS = 8, 100, 7
BARE = "granian --interface wsgi --port $PORT --blocking-threads 8 --log-level error bench.bare:app"


@dataclass(frozen=True)
class World:
    """The bridge's processes, and the SDK's own client of an index of theirs."""

    house: House
    index: Index
    vector: list[float]
    data: Path


@contextmanager
def world() -> Iterator[World]:
    numbers = np.random.default_rng(6).standard_normal((VECTORS, DIMENSION)).astype(np.float32)
    with (
        folder() as data,
        house(data) as running,
        running.emulator.client() as pinecone,
        new_index(pinecone, "asked", DIMENSION) as index,
    ):
        for first in range(0, VECTORS, 200):
            part = enumerate(numbers[first : first + 200].tolist(), first)
            index.upsert(vectors=[{"id": str(n), "values": values} for n, values in part])
        yield World(running, index, numbers[0].tolist(), data)


def describe_index_stats(world: World) -> list[Row]:
    return _added(world, "describe_index_stats", {"index": "asked"}, world.index.describe_index_stats)


def query_vectors(world: World) -> list[Row]:
    given = {"index": "asked", "vector": world.vector, "top_k": TOP_K}
    return _added(world, "query_vectors", given, lambda: world.index.query(vector=world.vector, top_k=TOP_K))


def actions_per_second(world: World) -> list[Row]:
    """Ask the bridge and a bare view of the same server in turns, several at once; the first round only warms up."""
    given: dict[str, bytes] = {
        "describe_index_stats": dumped({"index": "asked"}),
        "query_vectors": dumped({"index": "asked", "vector": world.vector, "top_k": TOP_K}),
    }
    port = free_port()
    environment = own_environment(BARE_KEY=KEY, BARE_URL=world.house.emulator.url, PORT=str(port))
    rows = []
    with process(["/bin/sh", "-c", f"exec {BARE}"], environment, world.data / "bare.log"):
        bare = Caller(port, {"content-type": "application/json"})
        for action, body in given.items():
            _answers(bare, action, body)
            ours, theirs = [], []
            for _ in range(1 + ROUNDS):
                ours.append(_per_second(world.house.caller, action, body))
                theirs.append(_per_second(bare, action, body))
            reference = Reference("a bare Flask view", median(theirs[1:]))
            rows.append(
                row(f"{action}, {AT_ONCE} at once", median(ours[1:]), "/s", reference, times_at_least(0.6))
            )
        bare.close()
    return rows


def openapi(world: World) -> list[Row]:
    """Fetch the whole document, which is built when the process starts."""
    caller, took = world.house.caller.another(), []
    for _ in range(WARM + CALLS):
        began = time.perf_counter()
        status, _ = caller.ask("GET", "/openapi.json")
        took.append(1000 * (time.perf_counter() - began))
        assert status == 200
    caller.close()
    return [row("/openapi.json, p50", median(took[WARM:]), "ms", goal=at_most(2))]


def rows_by_file(world: World) -> list[Row]:
    return bulk.speed(world.house)


def memory_of_a_file(world: World) -> list[Row]:
    return bulk.memory(world.house)


ROWS: tuple[Callable[[World], list[Row]], ...] = (
    describe_index_stats,
    query_vectors,
    actions_per_second,
    openapi,
    rows_by_file,
    memory_of_a_file,
)


def _answers(bare: Caller, action: str, body: bytes) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            bare.act(action, body)
        except OSError:
            bare.close()
            assert time.monotonic() < until, "the bare view did not answer"
            time.sleep(0.05)
        else:
            return


def _per_second(caller: Caller, action: str, body: bytes) -> float:
    lines = [caller.another() for _ in range(AT_ONCE)]
    for line in lines:
        _answers(line, action, body)

    def ask(line: Caller) -> None:
        for _ in range(CALLS_EACH):
            line.act(action, body)
        line.close()

    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(ask, lines))
    return CALLS_EACH * AT_ONCE / (time.perf_counter() - began)


def _added(world: World, action: str, given: dict[str, object], call: Callable[[], object]) -> list[Row]:
    """Ask through the API and by the SDK in turns; the value is what the API takes longer, p50 and p99."""
    body = dumped(given)
    through, direct, direct_cpu = [], [], 0.0
    for _ in range(WARM):
        world.house.caller.act(action, body)
        call()
    through_cpu = cpu_seconds(world.house.web)
    for _ in range(CALLS):
        through.append(_milliseconds(lambda: world.house.caller.act(action, body)))
        cpu = time.process_time()
        direct.append(_milliseconds(call))
        direct_cpu += time.process_time() - cpu
    through_cpu = cpu_seconds(world.house.web) - through_cpu
    rows = [
        row(f"{action}, CPU of web", 1000 * through_cpu / CALLS, "ms",
            Reference("the SDK alone", 1000 * direct_cpu / CALLS))
    ]  # fmt: skip
    for percent, limit in ((50, 3), (99, 10)):
        alone = percentile(direct, percent)
        added = percentile(through, percent) - alone
        reference = Reference("the SDK alone", alone)
        rows.append(row(f"{action}, added p{percent}", added, "ms", reference, at_most(limit)))
    return rows


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)
