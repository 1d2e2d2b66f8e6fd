"""Chats: how long a slash command is waited for while each search that is asked for takes five seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

from slack_sdk.signature import SignatureVerifier

from bench.measuring import Reference, Row, at_most, percentile, row
from bench.processes import KEY, Caller, House, dumped, folder, house
from bench.receiver import Receiver, receiver

SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SEARCH_SECONDS = 5
COMMANDS, AT_ONCE, WARM = 400, 4, 20


@dataclass(frozen=True)
class World:
    """The bridge's processes, an index whose searches take long, and where the answers go."""

    house: House
    receiver: Receiver


@contextmanager
def world() -> Iterator[World]:
    with folder() as data, house(data, PINEHOOK_SLACK_HOSTS="127.0.0.1") as running, receiver() as answers:
        embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
        with running.emulator.client() as pinecone:
            made = pinecone.indexes.create_for_model(
                name="notes", cloud="aws", region="us-east-1", embed=embed, timeout=-1
            )
        _slow(running.emulator.url, f"{urlsplit(str(made.host)).path}/records")
        workspace = {
            "platform": "slack",
            "external_id": "T1",
            "name": "bench",
            "secret": SIGNING_SECRET,
            "index": "notes",
        }
        status, told = running.caller.ask("POST", "/v1/chat/workspaces", dumped(workspace))
        assert status == 201, told
        yield World(running, answers)


def acknowledgement(world: World) -> list[Row]:
    """Ask several at once; then the same number of requests that do nothing, as often at once."""
    acks = _at_once(world.house.caller, lambda own, number: _command(own, world.receiver.url(0), number))
    nothing = _at_once(world.house.caller, lambda own, _: own.ask("GET", "/healthz"))
    rows = []
    for percent in (50, 99):
        reference = Reference("/healthz", percentile(nothing, percent))
        name = f"acknowledgement of a search of {SEARCH_SECONDS} s, p{percent}"
        goal = at_most(300) if percent == 99 else None
        rows.append(row(name, percentile(acks, percent), "ms", reference, goal))
    return rows


ROWS: tuple[Callable[[World], list[Row]], ...] = (acknowledgement,)


def _command(own: Caller, response_url: str, number: int) -> tuple[int, bytes]:
    form = {"team_id": "T1", "user_id": "U1", "user_name": "bench", "text": f"search number {number}",
            "response_url": response_url, "trigger_id": str(time.monotonic_ns())}  # fmt: skip
    body, at = urlencode(form).encode(), str(int(time.time()))
    signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=at, body=body)
    headers = {"x-slack-request-timestamp": at, "x-slack-signature": str(signature),
               "content-type": "application/x-www-form-urlencoded"}  # fmt: skip
    return own.ask("POST", "/v1/chat/slack/commands", body, headers)


def _at_once(caller: Caller, ask: Callable[[Caller, int], tuple[int, bytes]]) -> list[float]:
    """Return how long each of many requests took, in milliseconds; the first of each thread are left out."""
    took: list[float] = []

    def some(first: int) -> None:
        own = caller.another()
        for number in range(WARM + COMMANDS // AT_ONCE):
            began = time.perf_counter()
            status, told = ask(own, first + number)
            spent = 1000 * (time.perf_counter() - began)
            assert status == 200, told
            if number >= WARM:
                took.append(spent)
        own.close()

    threads = [threading.Thread(target=some, args=(place * COMMANDS,)) for place in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(took) == COMMANDS
    return took


def _slow(url: str, path: str) -> None:
    """Have the emulator wait with its answers below a path."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
    order = {"path": path, "latency": SEARCH_SECONDS, "count": 1_000_000}
    headers = {"content-type": "application/json", "api-key": KEY}
    connection.request("POST", "/_emulator/faults", dumped(order), headers)
    answer = connection.getresponse()
    assert answer.status < 300, answer.read()
    connection.close()
