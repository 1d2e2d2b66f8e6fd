"""Rows by file: how fast a file gets into an index beside the SDK alone, and what memory that takes.

BENCH_ROWS: how many rows (20,000). BENCH_MEMORY_ROWS: rows of the file whose memory is watched (100,000).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import numpy as np
import orjson
from pinecone import Index

from bench.measuring import Reference, Row, at_most, resident_bytes, row, times_at_least
from bench.processes import House, dumped, new_index
from bridge.batches import batches

ROWS = int(os.environ.get("BENCH_ROWS", "20000"))
MEMORY_ROWS = int(os.environ.get("BENCH_MEMORY_ROWS", "100000"))
DIMENSION, SMALL = 768, 8
AT_ONCE = 4
PIECE = 1000
LOOK_SECONDS = 0.2
MEGABYTE = 1e6
ENDED = ("succeeded", "failed", "cancelled")


def speed(house: House) -> list[Row]:
    """Upsert the same vectors by file, and with the SDK alone by as many requests at once."""
    numbers = np.random.default_rng(7).standard_normal((ROWS, DIMENSION)).round(6)
    with house.emulator.client() as pinecone:
        with new_index(pinecone, "direct", DIMENSION) as index:
            vectors = [
                {"id": f"row-{n}", "values": values, "metadata": {"year": 2000 + n % 30}}
                for n, values in enumerate(numbers.tolist())
            ]
            began = time.perf_counter()
            _upsert(index, vectors)
            alone = ROWS / (time.perf_counter() - began)
            del vectors
        new_index(pinecone, "by-file", DIMENSION).close()
        told, _ = _by_file(house, "by-file", _csv(numbers))
    reference = Reference(f"the SDK alone, {AT_ONCE} at once", alone)
    return [
        row(f"upsert_rows of {ROWS} x {DIMENSION} by file", _rate(told), "/s", reference, times_at_least(0.8))
    ]


def memory(house: House) -> list[Row]:
    """Watch the worker's memory while a long file is written."""
    numbers = np.random.default_rng(8).standard_normal((MEMORY_ROWS, SMALL)).round(6)
    with house.emulator.client() as pinecone:
        new_index(pinecone, "long", SMALL).close()
    before = resident_bytes(house.worker) / MEGABYTE
    told, most = _by_file(house, "long", _csv(numbers))
    name = f"memory of the worker, a CSV of {MEMORY_ROWS} rows ({_rate(told):.0f} rows/s)"
    return [row(name, most, "MB", Reference("before", before), at_most(300))]


def _upsert(index: Index, vectors: Sequence[Any]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        pieces = (vectors[first : first + PIECE] for first in range(0, len(vectors), PIECE))
        list(threads.map(lambda piece: [index.upsert(vectors=batch) for batch in batches(piece)], pieces))


def _csv(numbers: Any) -> Iterator[bytes]:
    yield b"id,vector,year\n"
    for first in range(0, len(numbers), PIECE):
        lines = (
            f'row-{n},"{orjson.dumps(values)[1:-1].decode()}",{2000 + n % 30}\n'
            for n, values in enumerate(numbers[first : first + PIECE].tolist(), first)
        )
        yield "".join(lines).encode()


def _by_file(house: House, index: str, pieces: Iterator[bytes]) -> tuple[Any, float]:
    """Upload, let it be written, and return the run and the most memory the worker had meanwhile, in MB."""
    # A line of its own: while a large file is made up, the server hangs up one that is kept idle.
    caller = house.caller.another()
    status, answer = caller.ask("POST", "/v1/files?name=rows.csv", b"".join(pieces))
    assert status == 201, answer[:2000]
    columns = {"id_column": "id", "vector_column": "vector", "types": {"year": "number"}}
    given = {"index": index, **columns, "file": orjson.loads(answer)["id"]}
    order, wish = dumped(given), {"prefer": "respond-async"}
    status, answer = caller.ask("POST", "/v1/actions/upsert_rows", order, wish)
    assert status == 202, answer[:2000]
    run, most = orjson.loads(answer), 0.0
    while run["state"] not in ENDED:
        time.sleep(LOOK_SECONDS)
        run = orjson.loads(caller.ask("GET", f"/v1/runs/{run['id']}")[1])
        most = max(most, resident_bytes(house.worker) / MEGABYTE)
    caller.close()
    assert run["state"] == "succeeded", run
    assert run["output"]["rejected_count"] == 0, run["output"]
    return run, most


def _rate(run: Any) -> float:
    began, ended = (datetime.fromisoformat(run[name]) for name in ("started_at", "finished_at"))
    return float(run["done_count"] / (ended - began).total_seconds())
