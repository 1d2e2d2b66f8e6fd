"""The database: one engine for SQLite and PostgreSQL, short transactions, and the claim of leased rows.

SQLite runs in WAL with synchronous=FULL; writers begin IMMEDIATE, because a deferred transaction that turns
into a writer fails under contention whatever the busy timeout says.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Float,
    RowMapping,
    Select,
    SQLColumnExpression,
    Table,
    create_engine,
    event,
    extract,
    func,
    literal,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlmodel import Session

from bridge import clock, errors
from bridge.models import UtcDateTime
from bridge.prepared import Lookups, prepare

BUSY_TIMEOUT_SECONDS: Final = 10
BUSY_LOOK_SECONDS: Final = 0.001
CACHE_KILOBYTES: Final = 8_000
"""What a connection keeps of SQLite's file: the pages that every claim touches, four times the default."""
CHECKPOINT_PAGES: Final = 4_000
"""How long the write-ahead log grows (16 MB): what is written again and again gets to the file once."""
UNDEFINED_TABLE: Final = "42P01"
NO_DATABASE: Final = ("unable to open database file", "file is not a database")
NO_CONNECTION: Final = ("08", "28", "3D", "53300", "57P")
"""PostgreSQL's codes for a connection that is refused or lost (appendix "Error Codes" of its manual)."""
HALTED_SECONDS: Final = 20
"""PostgreSQL gives up a transaction in which nothing happens for so long: a process that was halted, or a machine
that is gone, would otherwise hold its rows for ever."""


@dataclass(frozen=True, slots=True)
class Database:
    """The engine, and the two ways to use it: `read()` and `write()`."""

    engine: Engine
    writer: Engine
    _lookups: Lookups

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite rather than PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads; it sees one state of the database.

        Raises Busy when the database stays locked, NotReady when it lacks a table.
        """
        with _explained(), Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a transaction that commits at the end, or rolls back on an exception; keep it short.

        Raises Busy when the database stays locked, NotReady when it lacks a table.
        """
        with _explained(), Session(self.writer, expire_on_commit=False) as session, session.begin():
            yield session

    def lookup(self, statement: Select[Any], **given: str | int) -> Any | None:
        """Return the first row a statement finds, with its columns as attributes; None without one.

        Compiled once and run without a session, over connections that are kept for this alone, it costs a twentieth
        of one: for the few things that every request asks. Raises Busy and NotReady as `read` does.
        """
        with _explained():
            return self._lookups.first(prepare(statement, self.engine.dialect), given)

    def now(self) -> SQLColumnExpression[datetime]:
        """Return the database's own clock as an expression: leases are judged by it on every machine."""
        return database_now(self.engine.dialect.name)

    def close(self) -> None:
        """Close every connection that is kept."""
        self._lookups.close()
        self.engine.dispose()


def open_database(url: str, *, pool_size: int = 20) -> Database:
    """Open the database at a SQLAlchemy URL (`sqlite:///…` or `postgresql+psycopg://…`); no network yet."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=BUSY_TIMEOUT_SECONDS,
        pool_pre_ping=not url.startswith("sqlite"),
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={"timeout": BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
        if url.startswith("sqlite")
        else {"connect_timeout": BUSY_TIMEOUT_SECONDS},
    )
    if engine.dialect.name == "sqlite":
        Path(str(engine.url.database)).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
    lookups = Lookups(lambda: _alone(engine), is_unreachable)
    return Database(engine, engine.execution_options(begin="IMMEDIATE"), lookups)


def _alone(engine: Engine) -> Any:
    """Return a connection of the driver's, taken out of the pool, for single statements."""
    pooled = engine.raw_connection()
    pooled.detach()
    driver: Any = pooled.dbapi_connection
    if engine.dialect.name == "postgresql":
        # A transaction would be two more ways to the server and back.
        driver.autocommit = True
    return driver


def database_now(dialect: str) -> SQLColumnExpression[datetime]:
    """Return the clock of a kind of database as an expression."""
    if dialect == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M:%f000", "now", type_=UtcDateTime())
    return func.clock_timestamp(type_=UtcDateTime())


def after(
    dialect: str, seconds: float | ColumnElement[float], since: ColumnElement[datetime] | None = None
) -> SQLColumnExpression[datetime]:
    """Return the moment some seconds from another, which is else now by the database's clock."""
    if dialect == "sqlite":
        offset = literal(f"{seconds:+.3f} seconds") if isinstance(seconds, int | float) else (
            func.printf("%+.3f seconds", seconds))  # fmt: skip
        base = "now" if since is None else since
        return func.strftime("%Y-%m-%d %H:%M:%f000", base, offset, type_=UtcDateTime())
    interval: ColumnElement[Any] = literal_column("interval '1 second'") * (
        literal(seconds, Float) if isinstance(seconds, int | float) else seconds
    )
    return ((func.clock_timestamp() if since is None else since) + interval).cast(UtcDateTime())


def seconds_until(dialect: str, moment: ColumnElement[datetime]) -> ColumnElement[float]:
    """Return how many seconds from now a moment is, by the database's clock; below nothing when it is past."""
    if dialect == "sqlite":
        return (func.julianday(moment) - func.julianday("now")) * literal(86_400.0)
    return extract("epoch", moment - database_now(dialect)).cast(Float)


def claim(
    session: Session,
    table: Table,
    *,
    due: ColumnElement[bool],
    order: tuple[Column[Any], ...],
    limit: int,
    lease_seconds: float,
    values: dict[str, Any] | None = None,
) -> tuple[str, list[RowMapping]]:
    """Lease up to `limit` due rows to this caller; return the fencing token and the rows, in `order`.

    Several workers claim at once without waiting for each other (SKIP LOCKED on PostgreSQL, one writer on
    SQLite). Whoever settles a row later must do it `WHERE lease_token = token` and look at the count.
    """
    dialect = session.get_bind().dialect.name
    token = secrets.token_hex(16)
    chosen = select(table.c.id).where(due).order_by(*order).limit(limit)
    if dialect == "sqlite":
        ids: Any = chosen.scalar_subquery()
    else:
        # MATERIALIZED: as a plain subquery the planner may run it again and lease more than `limit`.
        picked = chosen.with_for_update(skip_locked=True).cte("picked").prefix_with("MATERIALIZED")
        ids = select(picked.c.id).scalar_subquery()
    statement = (
        update(table)
        .where(table.c.id.in_(ids))
        .values(lease_token=token, lease_until=after(dialect, lease_seconds), **(values or {}))
        .returning(*table.c)
    )
    rows = list(session.execute(statement).mappings())
    # RETURNING promises no order.
    return token, sorted(rows, key=lambda row: tuple(row[column.name] for column in order))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        # Undoing one statement is else prepared for in a file of its own, made and removed each time.
        "temp_store = MEMORY",
        f"cache_size = -{CACHE_KILOBYTES}",
        f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    # By a statement: proxies of PostgreSQL refuse options they do not know.
    connection.execute(f"SET idle_in_transaction_session_timeout = {HALTED_SECONDS * 1000}")
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    if mode == "DEFERRED":
        connection.exec_driver_sql("BEGIN")
        return
    # SQLite's own wait sleeps up to 100 ms between two looks, and starves behind a busy writer: look often.
    driver: Any = connection.connection.dbapi_connection
    until = clock.monotonic() + BUSY_TIMEOUT_SECONDS
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                driver.execute(f"BEGIN {mode}")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or clock.monotonic() > until:
                    raise
                time.sleep(BUSY_LOOK_SECONDS)
            else:
                return
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_SECONDS * 1000}")


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # a driver's own too, and psycopg is loaded only where it is used: 22 MB
        if "database is locked" in str(error):
            raise errors.Busy("the database is locked by another writer; try again") from error
        if "no such table" in str(error) or getattr(_cause(error), "sqlstate", None) == UNDEFINED_TABLE:
            fault = errors.Fault("/migrations", "a migration is missing")
            told = "the database was not brought up to date; run: python -m bridge migrate"
            raise errors.NotReady(told, errors=(fault,)) from error
        raise


def _cause(error: Exception) -> BaseException:
    """Return the driver's own error, which SQLAlchemy wraps."""
    return getattr(error, "orig", None) or error


def is_unreachable(error: Exception) -> bool:
    """Whether an exception, a driver's own or SQLAlchemy's, says that the database does not answer or is none."""
    cause = _cause(error)
    if isinstance(cause, sqlite3.DatabaseError):
        return any(words in str(cause) for words in NO_DATABASE)
    if type(cause).__module__.partition(".")[0] != "psycopg":  # not loaded for this: it takes 22 MB
        return False
    state = getattr(cause, "sqlstate", None)
    named = {kind.__name__ for kind in type(cause).__mro__}
    return "OperationalError" in named and (state is None or state.startswith(NO_CONNECTION))


def alive(database: Database) -> bool:
    """Whether the database answers."""
    with database.read() as session:
        return bool(session.execute(text("SELECT 1")).scalar())
