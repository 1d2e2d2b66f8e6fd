"""Worlds of the bridge's own tests: events and endpoints to deliver to, and receivers that misbehave."""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import uvloop
from sqlmodel import col, or_, select, update

from bridge import clock, egress, endpoints, fanout, settling
from bridge import events as bridge_events
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.endpoints import Created
from bridge.models import Attempt, Delivery, Endpoint, Event, new_id
from bridge.outbound import Answer, Outbound, SendError
from bridge.runtime import Runtime
from bridge.settling import Owed
from tests.receiver import Receiver

T = TypeVar("T")
DEVELOPMENT = egress.rules(Settings(env="development"))
PRODUCTION = egress.rules(Settings(env="production"))
Script = Callable[[socket.socket], None]
"""What a misbehaving receiver does with a connection once it has read the request."""


@dataclasses.dataclass
class Owing:
    """A runtime with someone to deliver to."""

    runtime: Runtime

    def endpoint(self, url: str, *event_types: str, **changes: Any) -> Created:
        types = event_types or ("*",)
        return endpoints.create(self.runtime, OPERATOR, url=url, event_types=types, **changes)

    def happen(self, count: int = 1, event_type: str = "index.ready", **changes: Any) -> list[Event]:
        """Let events happen, and be owed to whoever wants them."""
        events = [new_event(event_type, number, **changes) for number in range(count)]
        with self.runtime.database.write() as session:
            bridge_events.store(session, events)
            fanout.fan_out(session, events)
        return events

    def deliveries(self) -> list[Delivery]:
        with self.runtime.database.read() as session:
            return list(session.exec(select(Delivery).order_by(col(Delivery.id))))

    def attempts(self) -> list[Attempt]:
        with self.runtime.database.read() as session:
            return list(session.exec(select(Attempt).order_by(col(Attempt.number), col(Attempt.id))))

    def claim(self, limit: int = 10, **changes: Any) -> list[Owed]:
        """Claim as a dispatcher does, and never come back."""
        asked = {"limit_each": limit, "without": (), "lease_seconds": 30, **changes}
        with self.runtime.database.write() as session:
            return settling.claim(session, limit=limit, **asked)

    def make_due(self) -> None:
        """Let the time come for what waits, and for endpoints that are held back."""
        self.change(next_at=clock.now() - timedelta(seconds=1))
        self.change_endpoints(held_until_at=clock.now() - timedelta(seconds=1))

    def change_endpoints(self, **values: Any) -> None:
        with self.runtime.database.write() as session:
            session.execute(update(Endpoint).values(**values))

    def stored(self, endpoint_id: str) -> Endpoint:
        with self.runtime.database.read() as session:
            return session.get_one(Endpoint, endpoint_id)

    def told(self) -> list[Event]:
        """The events the bridge wrote of itself."""
        own = or_(*(col(Event.type).startswith(noun) for noun in ("endpoint.", "delivery.")))
        with self.runtime.database.read() as session:
            return list(session.exec(select(Event).where(own).order_by(col(Event.id))))

    def expire(self) -> None:
        self.change(lease_until=clock.now() - timedelta(seconds=1))

    def change(self, **values: Any) -> None:
        with self.runtime.database.write() as session:
            session.execute(update(Delivery).values(**values))

    def with_settings(self, **changes: Any) -> Owing:
        settings = self.runtime.settings.model_copy(update=changes)
        return Owing(dataclasses.replace(self.runtime, settings=settings))


def new_event(event_type: str, number: int = 0, **changes: Any) -> Event:
    moment = clock.now()
    values = {"key": f"docs-{number}", "life": f"life-{number}", "status": "Ready", "data": {"name": "docs"}}
    return Event(
        dedupe_key=new_id("test"), type=event_type, timestamp=moment, observed_at=moment, **(values | changes)
    )


@pytest.fixture
def owing(runtime: Runtime) -> Owing:
    return Owing(runtime).with_settings(deliveries_per_second=0)


@contextmanager
def misbehaving(script: Script) -> Iterator[str]:
    """Run a receiver that reads each request and then does what the script says; give its URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            connections.append(connection)
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        try:
            read_request(connection)
            script(connection)
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in connections:
            connection.close()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            raise OSError("the sender hung up")
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    length = int(next(lengths, b":0").split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    return head


def statuses(attempts: Sequence[Any]) -> list[tuple[int, int | None, str]]:
    return [(attempt.number, attempt.status_code, attempt.outcome) for attempt in attempts]


def sending(
    use: Callable[[Outbound], Awaitable[T]],
    rules: egress.Egress = DEVELOPMENT,
    *,
    seconds: float = 5,
    **more: Any,
) -> T:
    async def run() -> T:
        outbound = Outbound(rules, timeout_seconds=seconds, **more)
        try:
            return await use(outbound)
        finally:
            await outbound.aclose()

    return uvloop.run(run())


def post(url: str, rules: egress.Egress = DEVELOPMENT, **more: Any) -> Answer:
    return sending(lambda outbound: outbound.post(url, b"{}", {"webhook-id": "evt_1"}), rules, **more)


def trouble(url: str, rules: egress.Egress = DEVELOPMENT, **more: Any) -> tuple[str, str]:
    with pytest.raises(SendError) as caught:
        post(url, rules, **more)
    return caught.value.outcome, str(caught.value)


def ids(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.received]
