from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sqlmodel import select

from bridge import endpoints, running, worker
from bridge.access import OPERATOR
from bridge.models import Watch, Worker
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.receiver import Receiver

INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}


@pytest.fixture
def work(runtime: Runtime) -> Iterator[Runtime]:
    stop = threading.Event()
    thread = threading.Thread(target=worker.work, args=(runtime, stop))
    thread.start()
    yield runtime
    stop.set()
    thread.join(30)
    assert not thread.is_alive()
    with runtime.database.read() as session:
        assert session.exec(select(Worker)).all() == []


def listen(runtime: Runtime, receiver: Receiver, *event_types: str) -> None:
    endpoints.create(
        runtime, OPERATOR, url=receiver.url, event_types=list(event_types), connection=None, description=""
    )


def test_an_index_that_turns_ready_arrives_as_a_webhook(
    work: Runtime, receiver: Receiver, pinecone_emulator: Emulator
) -> None:
    listen(work, receiver, "index.*")
    baseline(work)
    running.run(work, OPERATOR, "create_index", INDEX)
    receiver.wait_for_type("index.created", key="docs")
    pinecone_emulator.control.advance(60)
    receiver.wait_for_type("index.ready", key="docs")
    receiver.wait_for_type("index.status_changed", key="docs")
    assert len(receiver.received) == 3


def test_a_worker_tells_that_it_lives(work: Runtime) -> None:
    row = seen(work)
    assert (row.pid > 0, row.heartbeat_at >= row.started_at) == (True, True)


def seen(runtime: Runtime) -> Worker:
    """The worker's row, once it is there."""
    for _ in range(1000):
        with runtime.database.read() as session:
            if row := session.exec(select(Worker)).first():
                return row
        threading.Event().wait(0.01)
    raise AssertionError("no worker came")


def baseline(runtime: Runtime) -> None:
    """Wait until every watch has had its silent first look."""
    for _ in range(2000):
        with runtime.database.read() as session:
            if all(session.exec(select(Watch.baseline_at)).all()):
                return
        threading.Event().wait(0.01)
    raise AssertionError("no first look")
