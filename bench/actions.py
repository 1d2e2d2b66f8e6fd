"""Small actions: what the bridge adds to the same call of the SDK."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from pinecone import Index

from bench.measuring import Reference, Row, at_most, cpu_seconds, percentile, row
from bench.processes import House, dumped, folder, house, new_index

VECTORS, DIMENSION = 1000, 768
TOP_K = 10
WARM, CALLS = 30, 300


@dataclass(frozen=True)
class World:
    """The bridge's processes, and the SDK's own client of an index of theirs."""

    house: House
    index: Index
    vector: list[float]


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
        yield World(running, index, numbers[0].tolist())


def describe_index_stats(world: World) -> list[Row]:
    return _added(world, "describe_index_stats", {"index": "asked"}, world.index.describe_index_stats)


def query_vectors(world: World) -> list[Row]:
    given = {"index": "asked", "vector": world.vector, "top_k": TOP_K}
    return _added(world, "query_vectors", given, lambda: world.index.query(vector=world.vector, top_k=TOP_K))


ROWS: tuple[Callable[[World], list[Row]], ...] = (describe_index_stats, query_vectors)


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
