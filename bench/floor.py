"""The floor of delivering: bare asyncio and httptools that sign each message, send it and read the status, no more.

It claims nothing, records nothing, guards nothing and has no deadlines; it signs with the bridge's own function.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import httptools
import uuid_utils

from bench.receiver import ADDRESSES, Receiver
from bridge import signing

SECRET = signing.new_secret()


@dataclass(frozen=True)
class Floor:
    """What the floor sent a second, and the CPU time of one request in seconds."""

    per_second: float
    cpu_seconds: float


def floor(receiver: Receiver, *, count: int, at_once: int, body: bytes) -> Floor:
    """Send requests of the same bytes over kept connections, each as soon as its last one is answered."""
    began, cpu = time.perf_counter(), time.process_time()
    asyncio.run(_send_all(receiver, count, at_once, body))
    return Floor(count / (time.perf_counter() - began), (time.process_time() - cpu) / count)


class _Line(asyncio.Protocol):
    """A kept connection, over which one exchange after the other is awaited."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # TCP's can write

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._answer.set_result(self._parser.get_status_code())

    async def exchange(self, request: bytes) -> int:
        self._answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return await self._answer


async def _send_all(receiver: Receiver, count: int, at_once: int, body: bytes) -> None:
    left = iter(range(count))
    await asyncio.gather(*(_send_on(receiver, number, left, body) for number in range(at_once)))


async def _send_on(receiver: Receiver, number: int, left: Iterator[int], body: bytes) -> None:
    address = f"127.0.0.{1 + number % ADDRESSES}"
    host = f"{address}:{receiver.port}"
    _, line = await asyncio.get_running_loop().create_connection(_Line, address, receiver.port)
    for _ in left:
        status = await line.exchange(_request(host, body))
        assert status // 100 == 2, status
    line.transport.abort()


def _request(host: str, body: bytes) -> bytes:
    """Write a request like the bridge's own, headers and all."""
    event_id = f"evt_{uuid_utils.uuid7().hex}"
    head = {
        "Host": host,
        "User-Agent": "Pinehook/0",
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        **signing.headers(event_id, body, (SECRET,), datetime.now(UTC)),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST /hook HTTP/1.1\r\n{lines}\r\n".encode() + body
