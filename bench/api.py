"""The API: what a large validated upsert costs beside parsing and sending it, and what the idle processes hold."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from bench.measuring import Reference, Row, at_most, cpu_seconds, median, resident_bytes, row, times_at_most
from bench.processes import AS_INSTALLED, House, folder, house, new_index
from bridge.batches import batches
from tests.stories.processes import own_environment, process

VECTORS, DIMENSION = 1000, 1536
REPETITIONS = 7
IDLE_SECONDS = 8
"""Long enough for the first polls and some heartbeats."""
MEGABYTE = 1e6
LIBRARIES = "import flask, sqlmodel, psycopg, pinecone, httpx, jsonschema_rs, orjson, structlog, time"


@dataclass(frozen=True)
class World:
    """The bridge's processes, and where they keep their things."""

    house: House
    data: Path


@contextmanager
def world() -> Iterator[World]:
    with folder() as data, house(data) as running:
        yield World(running, data)


def idle_memory(world: World) -> list[Row]:
    """Add up all processes of web and worker; beside two that import the same libraries and do nothing."""
    time.sleep(IDLE_SECONDS)
    ours = resident_bytes(world.house.web, world.house.worker)
    waiting = [sys.executable, "-c", f"{LIBRARIES}; print(flush=True); time.sleep(600)"]
    log = world.data / "idle.log"
    with process(waiting, own_environment(PYTHONPATH=AS_INSTALLED), log) as child:
        while not log.read_bytes():
            assert child.poll() is None
            time.sleep(0.02)
        theirs = 2 * resident_bytes(child.pid)
    reference = Reference("two Pythons with the libraries", theirs / MEGABYTE)
    return [row("idle memory of web and worker", ours / MEGABYTE, "MB", reference, at_most(250))]


def validated_upsert(world: World) -> list[Row]:
    """Upsert 1000 x 1536 through the API and, in turns, parse the same bytes and send the same batches."""
    raw = _body()
    spent, spared = [], []
    with world.house.emulator.client() as pinecone, new_index(pinecone, "upserted", DIMENSION) as index:
        for _ in range(REPETITIONS):
            before = cpu_seconds(world.house.web)
            world.house.caller.act("upsert_vectors", raw)
            spent.append(1000 * (cpu_seconds(world.house.web) - before))
            vectors = orjson.loads(raw)["vectors"]
            cut = list(batches(vectors))
            spared.append(1000 * _cpu(lambda: orjson.loads(raw)))
            spared[-1] += 1000 * _cpu(lambda cut=cut: [index.upsert(vectors=batch) for batch in cut])
    reference = Reference("orjson.loads + the SDK alone", median(spared[1:]))
    name = f"upsert_vectors of {VECTORS} x {DIMENSION}, CPU of web"
    return [row(name, median(spent[1:]), "ms", reference, times_at_most(1.5))]


ROWS: tuple[Callable[[World], list[Row]], ...] = (idle_memory, validated_upsert)


def _body() -> bytes:
    numbers = np.random.default_rng(5).standard_normal((VECTORS, DIMENSION)).tolist()
    vectors: list[dict[str, Any]] = [{"id": f"v-{n}", "values": values} for n, values in enumerate(numbers)]
    return orjson.dumps({"index": "upserted", "vectors": vectors})


def _cpu(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began
