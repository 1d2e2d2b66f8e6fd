"""Beside a real Node-RED (make check-clients installs it): webhook → HTTP request, the same request and as many at once.

One web process, on a core of its own as the settings advise where much is asked at once; BENCH_CPU_AFFINITY=false leaves
that away.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pinecone import Pinecone

from bench.measuring import Reference, Row, at_most, median, percentile, resident_bytes, row, times_at_least
from bench.processes import KEY, START_SECONDS, Caller, House, dumped, folder, house, new_index
from tests.stories.processes import ROOT, free_port, own_environment, process

PROGRAM = ROOT / "tests/integrations/clients/node-red/node_modules/node-red/red.js"
CPU_AFFINITY = os.environ.get("BENCH_CPU_AFFINITY", "true")
AT_ONCE, CALLS, WARM, ROUNDS = 16, 200, 40, 7
BODY = dumped({"index": "asked"})
PATH = "/v1/actions/describe_index_stats"


@dataclass(frozen=True)
class World:
    """The bridge and Node-RED, in front of one emulator; red: Node-RED's process, and a client of it."""

    house: House
    red: int
    caller: Caller


@contextmanager
def world() -> Iterator[World]:
    if not PROGRAM.exists():
        raise FileNotFoundError("Node-RED is not installed: make check-clients")
    with (
        folder() as data,
        house(data, PINEHOOK_CPU_AFFINITY=CPU_AFFINITY) as running,
        running.emulator.client() as pinecone,
        new_index(pinecone, "asked", 8),
        node_red(data, pinecone) as (pid, port),
    ):
        yield World(running, pid, Caller(port, {"content-type": "application/json"}))


@contextmanager
def node_red(data: Path, pinecone: Pinecone) -> Iterator[tuple[int, int]]:
    """Run a Node-RED whose one flow passes a webhook on to the index; give its process and its port."""
    home, port = data / "node-red", free_port()
    home.mkdir()
    (home / "flow.json").write_text(json.dumps(flow(str(pinecone.indexes.describe("asked").host))))
    log = home / "node-red.log"
    log.touch()
    options = ["-u", str(home), "-p", str(port), "-D", "uiHost=127.0.0.1", "flow.json"]
    with process(["node", str(PROGRAM), *options], own_environment(), log) as child:
        until = time.monotonic() + START_SECONDS
        while "Started flows" not in log.read_text():
            assert (child.poll(), time.monotonic() < until) == (None, True), log.read_text()[-2000:]
            time.sleep(0.05)
        yield child.pid, port


def flow(host: str) -> list[dict[str, object]]:
    """Http in → http request, over kept lines → http response."""
    key = {"keyType": "other", "keyValue": "Api-Key", "valueType": "other", "valueValue": KEY}
    kind = {"keyType": "Content-Type", "keyValue": "", "valueType": "application/json", "valueValue": ""}
    asked = {
        "method": "POST",
        "ret": "obj",
        "url": f"{host}/describe_index_stats",
        "persist": True,
        "headers": [key, kind],
    }
    return [
        {"id": "flow", "type": "tab", "label": "bench"},
        {"id": "in", "type": "http in", "z": "flow", "url": PATH, "method": "post", "wires": [["clear"]]},
        {"id": "clear", "type": "function", "z": "flow", "outputs": 1, "wires": [["ask"]],
         "func": "msg.payload = {}; msg.headers = {}; return msg;"},
        {"id": "ask", "type": "http request", "z": "flow", **asked, "wires": [["answer"]]},
        {"id": "answer", "type": "http response", "z": "flow", "wires": []},
    ]  # fmt: skip


def requests_per_second(world: World) -> list[Row]:
    """Ask both in turns, the same number of clients at once; the first round only warms up."""
    ours, theirs = [], []
    for _ in range(1 + ROUNDS):
        ours.append(asked(world.house.caller))
        theirs.append(asked(world.caller))
    rates = [median([rate for rate, _ in each[1:]]) for each in (ours, theirs)]
    waits = [median([wait for _, wait in each[1:]]) for each in (ours, theirs)]
    name = f"describe_index_stats, {AT_ONCE} at once"
    return [
        row(name, rates[0], "/s", Reference("Node-RED", rates[1]), times_at_least(1)),
        row(f"{name}, p50", waits[0], "ms", Reference("Node-RED", waits[1])),
    ]


def memory(world: World) -> list[Row]:
    ours, theirs = (resident_bytes(pid) / 1e6 for pid in (world.house.web, world.red))
    return [row("memory of web after it", ours, "MB", Reference("Node-RED", theirs), at_most(250))]


ROWS: tuple[Callable[[World], list[Row]], ...] = (requests_per_second, memory)


def asked(caller: Caller) -> tuple[float, float]:
    """Return how many answers a second there were, and how many milliseconds half of them took at most."""
    took: list[float] = []

    def some() -> None:
        own = caller.another()
        for number in range(WARM + CALLS):
            began = time.perf_counter()
            status, answer = own.ask("POST", PATH, BODY)
            assert (status, b"dimension" in answer) == (200, True), answer[:2000]
            if number >= WARM:
                took.append(1000 * (time.perf_counter() - began))
        own.close()

    threads = [threading.Thread(target=some) for _ in range(AT_ONCE)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return AT_ONCE * (WARM + CALLS) / (time.perf_counter() - began), percentile(took, 50)
