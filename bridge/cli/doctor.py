"""`doctor`: looks whether everything is as it must be, and says what to do where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import click
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import col, func, select

from bridge import clock, connecting, db, migrations
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.errors import PinehookError
from bridge.models import Worker
from bridge.runtime import Runtime, running

MAX_CLOCK_SECONDS: Final = 2
MAX_HEARTBEAT_SECONDS: Final = 30


class SickError(Exception):
    """Something is not as it must be; the message says what, and what to do."""


@click.command()
def command() -> None:
    """Check the database, migrations, default connection, clock and worker; say what to do."""
    sick = 0
    with running(Settings.from_env()) as runtime:
        for name, check in CHECKS.items():
            try:
                click.echo(f"ok    {name}: {check(runtime)}")
            except Exception as error:  # noqa: BLE001 - `_told` raises what is none of its business
                sick += 1
                click.echo(f"SICK  {name}: {_told(error)}")
    if sick:
        raise click.exceptions.Exit(1)


def _told(error: Exception) -> str:
    """Say what is wrong and what to do. Raises again what is no state of the installation."""
    told = str(getattr(error, "orig", None) or error).strip().split("\n")[0]
    if db.is_unreachable(error):
        return f"{told}; look at DATABASE_URL and at its server"
    if not isinstance(error, SickError | PinehookError | SQLAlchemyError):
        raise error
    return told


def _database(runtime: Runtime) -> str:
    db.alive(runtime.database)
    return runtime.database.engine.url.render_as_string(hide_password=True)


def _migrations(runtime: Runtime) -> str:
    if migrations.pending(runtime.database):
        raise SickError("the database is behind this version; run: python -m bridge migrate")
    return "up to date"


def _connection(runtime: Runtime) -> str:
    row = connecting.chosen(runtime, OPERATOR, None)
    if row.host != (named := connecting.named_host(runtime.settings)):
        told = f"it leads to {row.host}, the settings to {named}"
        raise SickError(f"{told}; set what the bridge was set up with, or run: python -m bridge migrate")
    tested = connecting.test(runtime, OPERATOR, row.id)
    if tested.problem is not None:
        no_key = runtime.settings.pinecone_api_key is None
        hint = "; it is the emulator's, because PINECONE_API_KEY is not set" if no_key else ""
        raise SickError(f"{row.host}: {tested.problem.code}: {tested.problem.detail}{hint}")
    return f"{row.host} answers; indexes: {tested.index_count}"


def _clock(runtime: Runtime) -> str:
    with runtime.database.read() as session:
        there = session.scalar(select(runtime.database.now()))
    apart = abs((there - clock.now()).total_seconds()) if there else float("inf")
    if apart > MAX_CLOCK_SECONDS:
        raise SickError(f"this machine and the database are {apart:.1f} s apart; set both by NTP")
    return f"{apart:.3f} s from the database's"


def _worker(runtime: Runtime) -> str:
    with runtime.database.read() as session:
        last = session.scalar(select(func.max(col(Worker.heartbeat_at))))
    if last is None:
        raise SickError("no worker is running: nothing is polled or delivered; run: python -m bridge work")
    age = (clock.now() - last).total_seconds()
    if age > MAX_HEARTBEAT_SECONDS:
        raise SickError(f"the last worker was heard {age:.0f} s ago; look at its log and restart it")
    return f"heard {age:.0f} s ago"


CHECKS: Final[dict[str, Callable[[Runtime], str]]] = {
    "database": _database,
    "migrations": _migrations,
    "connection": _connection,
    "clock": _clock,
    "worker": _worker,
}
