"""A real HTTP receiver for tests: it keeps what arrives and answers what it is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

WAIT_SECONDS = 20


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Receiver:
    """`answers` are the statuses to give, or statuses with a body, in turn; the last one stays."""

    url: str = ""
    answers: Sequence[int | tuple[int, str]] = field(default_factory=lambda: [204])
    received: list[Received] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def accept(self, request: Received) -> tuple[int, bytes]:
        with self.arrived:
            self.received.append(request)
            self.arrived.notify_all()
            answer, *later = self.answers
            self.answers = later or [answer]
            return (answer, b"") if isinstance(answer, int) else (answer[0], answer[1].encode())

    def wait_for(
        self, wanted: Callable[[list[Received]], bool], *, seconds: float = WAIT_SECONDS
    ) -> list[Received]:
        """Wait until what has arrived is as wanted; fail after some seconds."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: wanted(self.received), seconds), self.received
            return list(self.received)

    def wait_for_type(self, event_type: str, **data: Any) -> Received:
        """Wait for an event of a type whose top-level values are these."""

        def fits(request: Received) -> bool:
            event = request.json
            return event["type"] == event_type and all(event[name] == value for name, value in data.items())

        found = self.wait_for(lambda all_of_them: any(map(fits, all_of_them)))
        return next(request for request in found if fits(request))


@contextmanager
def serve() -> Iterator[Receiver]:
    receiver = Receiver()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, text = receiver.accept(Received(self.path, headers, body, self.command))
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_PATCH(self) -> None:
            self.do_POST()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
