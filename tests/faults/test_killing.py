"""Processes that are killed or halted at any moment: nothing is lost, and what comes twice was under way."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import sys
import threading
from contextlib import ExitStack

import httpx
import psutil
import pytest
from pinecone import Pinecone
from sqlmodel import select, update

from bridge import clock, db, delivering, keys
from bridge.models import Event, Watch
from pinecone_emulator import Emulator
from tests.bridge.conftest import Owing
from tests.bridge.test_delivering import working
from tests.faults.conftest import Workers, on_arrival
from tests.faults.ledger import Ledger
from tests.receiver import Receiver
from tests.stories.processes import free_port, process, wait_until_ready

LEASE_SECONDS = 5 + delivering.LEASE_MARGIN_SECONDS
INDEX = {"dimension": 3, "metric": "cosine", "spec": {"serverless": {"cloud": "aws", "region": "us-east-1"}}}


def test_a_worker_killed_while_its_receivers_answer_loses_nothing(
    workers: Workers, ledger: Ledger, receiver: Receiver
) -> None:
    ledger.commit(40)
    dead = threading.Event()
    worker = workers.start()
    on_arrival(receiver, 10, lambda: (workers.kill(worker), dead.set()))
    assert dead.wait(60)
    ledger.strike()
    ledger.owing.expire()
    with working(ledger.owing):
        row = ledger.close("worker killed while receivers answer")
    assert (row.committed, row.received) == (40, 40)


@pytest.mark.faults
def test_workers_killed_at_random_moments_lose_nothing(workers: Workers, ledger: Ledger) -> None:
    chance = random.Random(4)
    for _ in range(4):
        worker, enough = workers.start(), len(ledger.arrived()) + chance.randint(1, 120)
        for _ in range(15):
            ledger.commit(10)
        ledger.wait(lambda enough=enough: len(ledger.arrived()) >= enough)
        workers.kill(worker)
        ledger.strike()
    workers.start()
    # No lease is shortened here: what the dead had claimed is sent when it has run out.
    assert ledger.close("workers killed at random moments").committed == 600


@pytest.mark.faults
def test_a_worker_halted_past_its_lease_and_continued_changes_nothing(
    workers: Workers, ledger: Ledger, receiver: Receiver
) -> None:
    ledger.commit(100)
    halted = threading.Event()
    worker = workers.start()
    on_arrival(receiver, 10, lambda: (halt(worker.pid, ledger.owing), halted.set()))
    assert halted.wait(60)
    ledger.strike()
    workers.start()
    ledger.wait(ledger.settled, LEASE_SECONDS + db.HALTED_SECONDS + 60)
    psutil.Process(worker.pid).resume()
    ledger.commit(20)
    row = ledger.close("worker halted past its lease, then continued")
    assert (row.committed, {one.state for one in ledger.owing.deliveries()}) == (120, {"succeeded"})


def halt(pid: int, owing: Owing) -> None:
    """Halt a worker, but not while it holds SQLite's one lock: then everyone waits for it, whoever they are."""
    process = psutil.Process(pid)
    process.suspend()
    while process.status() != psutil.STATUS_STOPPED or is_locked(owing):
        process.resume()
        threading.Event().wait(0.005)
        process.suspend()


def is_locked(owing: Owing) -> bool:
    if not owing.runtime.database.is_sqlite:
        return False
    connection = sqlite3.connect(
        str(owing.runtime.database.engine.url.database), timeout=0.2, isolation_level=None
    )
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return True
    finally:
        connection.close()
    return False


@pytest.mark.faults
def test_pollers_killed_at_random_moments_miss_and_double_nothing(
    workers: Workers, ledger: Ledger, pinecone_emulator: Emulator
) -> None:
    chance = random.Random(4)
    names = []
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url) as pinecone:
        worker = workers.start()
        ledger.wait(lambda: all(watch.baseline_at for watch in watches(ledger.owing)))
        for number in range(6):
            names += [f"index-{number}-{part}" for part in range(3)]
            for name in names[-3:]:
                pinecone.indexes.create(name=name, **INDEX, timeout=-1)
            # In the middle of a poll, most of the time.
            ledger.wait(lambda: any(watch.lease_token for watch in watches(ledger.owing)))
            threading.Event().wait(0.1 * chance.random())
            workers.kill(worker)
            ledger.strike()
            free_the_leases(ledger.owing)
            worker = workers.start()
        ledger.wait(lambda: len(created(ledger.owing)) == len(names))
        ledger.committed |= {event.id for event in created(ledger.owing)}
        row = ledger.close("poller killed at random moments")
    assert (sorted(event.key for event in created(ledger.owing)), row.committed) == (
        sorted(names),
        len(names),
    )


@pytest.mark.faults
def test_a_web_process_killed_while_events_are_made_keeps_what_it_confirmed(
    workers: Workers, ledger: Ledger
) -> None:
    _, key = keys.create(ledger.owing.runtime, name="test", scopes=["read", "write"])
    confirmed: set[str] = set()
    for after in (20, 40):
        with ExitStack() as stack:
            confirmed |= made_until_killed(stack, workers, key, after=after)
    with ledger.owing.runtime.database.read() as session:
        stored = set(session.exec(select(Event.id)))
    assert (len(confirmed) >= 60, confirmed <= stored) == (True, True)
    ledger.committed |= stored
    with working(ledger.owing):
        ledger.close("web killed while events are made")


def made_until_killed(stack: ExitStack, workers: Workers, key: str, *, after: int) -> set[str]:
    """Make events by the API from several threads, and kill the web process when some are confirmed."""
    port, confirmed = free_port(), set[str]()
    run = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--port",
        str(port),
        "--blocking-threads",
        "4",
    ]
    child = stack.enter_context(process([*run, "app:app"], workers.environment, workers.log))
    url = f"http://127.0.0.1:{port}"
    wait_until_ready(url, child, workers.log, path="/healthz")

    def make() -> None:
        headers = {"Authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False) as client:
            while True:
                try:
                    answer = client.post("/v1/event-types/index.ready/simulate", json={})
                except httpx.TransportError:
                    return
                confirmed.add(answer.raise_for_status().json()["event"]["id"])
                if len(confirmed) >= after and child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    child.wait()
    return confirmed


def watches(owing: Owing) -> list[Watch]:
    with owing.runtime.database.read() as session:
        return list(session.exec(select(Watch)))


def created(owing: Owing) -> list[Event]:
    with owing.runtime.database.read() as session:
        return list(session.exec(select(Event).where(Event.type == "index.created")))


def free_the_leases(owing: Owing) -> None:
    """Let the time pass that the dead hold watches and deliveries for."""
    with owing.runtime.database.write() as session:
        session.execute(update(Watch).values(lease_until=clock.now()))
    owing.expire()
