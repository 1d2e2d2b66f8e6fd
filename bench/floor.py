"""The floor of delivering: bare asyncio and httptools that sign each message, send it and read the status, no more.

It claims nothing, records nothing, guards nothing and has no deadlines; it signs with the bridge's own function.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

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


class _Sender(asyncio.Protocol):
    def __init__(self, host: str, body: bytes, left: list[int], done: asyncio.Future[None]) -> None:
        self._host = host
        self._body = body
        self._left = left
        self._done = done
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        assert self._parser.get_status_code() // 100 == 2, self._parser.get_status_code()
        self._left[1] -= 1
        if self._left[1] == 0:
            self._done.set_result(None)
        self._next()

    def _next(self) -> None:
        if self._left[0]:
            self._left[0] -= 1
            self._transport.write(_request(self._host, self._body))  # type: ignore[attr-defined]  # TCP's has it


async def _send_all(receiver: Receiver, count: int, at_once: int, body: bytes) -> None:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    left = [count, count]  # to send, to be answered
    lines = []
    for number in range(at_once):
        address = f"127.0.0.{1 + number % ADDRESSES}"
        host = f"{address}:{receiver.port}"
        sender = partial(_Sender, host, body, left, done)
        lines.append(await loop.create_connection(sender, address, receiver.port))
    await done
    for transport, _ in lines:
        transport.abort()
    await asyncio.sleep(0)


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
