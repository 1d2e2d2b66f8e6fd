"""`python -m bench.receiver`: a receiver of webhooks that costs as little as Python allows, in a process of its own.

It listens on one port at many loopback addresses, so that senders see as many hosts, and prints the port. A POST
is answered 204 and noted with the time of its arrival; GET answers what was noted, and forgets it. With a number of
seconds it waits so long before each answer, and with a certificate it speaks TLS: on asyncio, and noting nothing.
"""

from __future__ import annotations

import asyncio
import select
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection

import orjson

from tests.stories.processes import ROOT, own_environment

ADDRESSES = 50
TOKEN = b"\r\nwebhook-id: "
LENGTH = b"\r\ncontent-length: "
ACCEPTED = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNK = 65536
LATE_SECONDS = 0.0007
"""How late a timer of asyncio rings on average: a receiver that takes 50 ms takes 50, as a bare sender sees it."""


@dataclass(frozen=True)
class Receiver:
    """A running receiver. Arrivals are (webhook id, time.time()), in their order."""

    port: int

    def url(self, number: int) -> str:
        """Return the URL of one of its hosts."""
        return f"http://127.0.0.{1 + number % ADDRESSES}:{self.port}/hook"

    def arrivals(self) -> list[tuple[str, float]]:
        """Return what has arrived since this was last asked."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/")
        arrived = orjson.loads(connection.getresponse().read())
        connection.close()
        return [(webhook_id, at) for webhook_id, at in arrived]


@contextmanager
def receiver(*how: str) -> Iterator[Receiver]:
    """Run a receiver for a block. how: the seconds it waits, and the file of its certificate."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.receiver", *how],
        cwd=ROOT,
        env=own_environment(),
        stdout=subprocess.PIPE,
    ) as child:
        try:
            yield Receiver(int((child.stdout.readline() if child.stdout else b"").strip()))
        finally:
            child.kill()


def main() -> None:
    """Serve until killed: an event loop of no more than epoll, because this is not what is measured."""
    doors = _listen()
    loop = select.epoll()
    lines: dict[int, tuple[socket.socket, bytearray]] = {}
    noted: list[tuple[str, float]] = []
    for number in doors:
        loop.register(number, select.EPOLLIN)
    while True:
        for number, _ in loop.poll():
            if number in doors:
                line, _address = doors[number].accept()
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                lines[line.fileno()] = (line, bytearray())
                loop.register(line.fileno(), select.EPOLLIN)
            elif not _serve(*lines[number], noted):
                loop.unregister(number)
                lines.pop(number)[0].close()


class _Slow(asyncio.Protocol):
    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end >= 0 and len(self._buffer) >= end + 4 + int(
            _after(self._buffer[:end].lower() + b"\r\n", LENGTH)
        ):
            self._buffer = b""
            asyncio.get_running_loop().call_later(
                self._seconds - LATE_SECONDS, self._transport.write, ACCEPTED
            )  # type: ignore[attr-defined]  # TCP's has it


async def _wait_and_answer(seconds: float, certificate: str | None) -> None:
    tls = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
    doors = list(_listen().values())
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(lambda: _Slow(seconds), sock=door, ssl=tls) for door in doors]
    await servers[0].serve_forever()


def _listen() -> dict[int, socket.socket]:
    doors = [socket.create_server(("127.0.0.1", 0), backlog=1024)]
    port = doors[0].getsockname()[1]
    doors += [socket.create_server((f"127.0.0.{n}", port), backlog=1024) for n in range(2, ADDRESSES + 1)]
    print(port, flush=True)
    return {door.fileno(): door for door in doors}


def _serve(line: socket.socket, buffer: bytearray, noted: list[tuple[str, float]]) -> bool:
    """Read what is there and answer each whole request; False when the sender has hung up."""
    try:
        data = line.recv(CHUNK)
        buffer += data
        while (end := buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(buffer[:end]).lower() + b"\r\n"
            if head.startswith(b"get"):
                body = orjson.dumps(noted)
                noted.clear()
                line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                buffer.clear()
            else:
                length = end + 4 + int(_after(head, LENGTH))
                if len(buffer) < length:
                    break
                del buffer[:length]
                noted.append((_after(head, TOKEN).decode(), time.time()))
                line.send(ACCEPTED)
    except OSError:
        return False
    return bool(data)


def _after(head: bytes, name: bytes) -> bytes:
    start = head.find(name) + len(name)
    return head[start : head.index(b"\r\n", start)]


if __name__ == "__main__":
    if sys.argv[1:]:
        asyncio.run(_wait_and_answer(float(sys.argv[1]), *(sys.argv[2:] or [None])))
    else:
        main()
