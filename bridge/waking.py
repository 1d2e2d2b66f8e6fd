"""The bell: tells dispatchers that something may be due, across threads, processes and machines.

On PostgreSQL by NOTIFY and LISTEN, on SQLite by looking at `PRAGMA data_version`, which changes when another
connection commits. A bell is a hint and never more: whoever listens also looks by itself every second.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import structlog
from sqlalchemy import func, select
from sqlmodel import Session

from bridge.db import Database

CHANNEL: Final = "pinehook_delivery"
LOOK_SECONDS: Final = 0.01
"""How often SQLite's data_version is looked at; one look costs some microseconds."""
PATIENCE_SECONDS: Final = 0.5

log = structlog.get_logger(__name__)


def ring(session: Session) -> None:
    """Ring when this transaction commits; on SQLite the commit itself is the bell."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_notify(CHANNEL, "")))


def listen(database: Database, stop: threading.Event, heard: Callable[[], None]) -> None:
    """Call `heard` at every bell until `stop` is set; blocks. A lost connection is made again."""
    wait = _watch_version if database.is_sqlite else _wait_for_notices
    while not stop.is_set():
        try:
            connection = database.engine.raw_connection()
            # Taken out of the pool: it listens for as long as the process lives.
            connection.detach()
            try:
                wait(connection.dbapi_connection, stop, heard)
            finally:
                connection.close()
        except Exception as error:  # noqa: BLE001 - whatever the driver raises, the bell is only a hint
            log.warning("bell.lost", error=str(error))
            stop.wait(1)


@asynccontextmanager
async def bells(
    database: Database, stop: threading.Event, wake: threading.Event, bell: asyncio.Event
) -> AsyncIterator[None]:
    """Turn what other threads, processes and machines signal into one bell of this loop."""
    loop = asyncio.get_running_loop()
    ended = threading.Event()

    def ring() -> None:
        loop.call_soon_threadsafe(bell.set)

    threads = [
        asyncio.to_thread(listen, database, ended, ring),
        asyncio.to_thread(_wait_for, stop, wake, ended, ring),
    ]
    listening = asyncio.gather(*threads)
    try:
        yield
    finally:
        ended.set()
        await listening


def _wait_for(
    stop: threading.Event, wake: threading.Event, ended: threading.Event, ring: Callable[[], None]
) -> None:
    while not (stop.is_set() or ended.is_set()):
        if wake.wait(PATIENCE_SECONDS):
            wake.clear()
            ring()
    ring()


async def rung(bell: asyncio.Event, patience_seconds: float) -> None:
    """Wait until it rings, or for so long."""
    try:
        async with asyncio.timeout(patience_seconds):
            await bell.wait()
    except TimeoutError:
        return


def _watch_version(driver: Any, stop: threading.Event, heard: Callable[[], None]) -> None:
    seen = None
    while not stop.wait(LOOK_SECONDS):
        [version] = driver.execute("PRAGMA data_version").fetchone()
        if version != seen:
            seen = version
            heard()


def _wait_for_notices(driver: Any, stop: threading.Event, heard: Callable[[], None]) -> None:
    driver.autocommit = True
    driver.execute(f"LISTEN {CHANNEL}")
    # What was committed before this moment rang for nobody.
    heard()
    while not stop.is_set():
        for _ in driver.notifies(timeout=PATIENCE_SECONDS, stop_after=1):
            heard()
