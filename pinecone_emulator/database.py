"""Owns the SQLite file: its lock, its tables, its one writer and its readers.

Every acknowledged write is committed here (WAL, synchronous FULL) before it is answered; what is in memory is a
copy. A record's primary key is `namespace number << 32 | slot`, so that the records of one namespace lie together.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLOT_BITS = 32
#: Several vectors to a page: written and read in half the time of SQLite's own 4 KB.
PAGE_BYTES = 32_768

TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS projects (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS api_keys (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL REFERENCES projects (id), name TEXT NOT NULL,
    value TEXT NOT NULL UNIQUE, roles TEXT NOT NULL, created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS directory (
    kind TEXT NOT NULL, id TEXT NOT NULL, created_at REAL NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE IF NOT EXISTS tokens (
    value TEXT PRIMARY KEY, service_account_id TEXT NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS indexes (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, slug TEXT NOT NULL UNIQUE,
    deleted_at REAL, body TEXT NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS living_index ON indexes (project_id, name) WHERE deleted_at IS NULL;
CREATE TABLE IF NOT EXISTS backups (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, index_id TEXT NOT NULL, created_at REAL NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS restore_jobs (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, backup_id TEXT NOT NULL, index_id TEXT NOT NULL,
    created_at REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS schedules (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, index_id TEXT NOT NULL, created_at REAL NOT NULL,
    body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS collections (
    id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (project_id, name));
CREATE TABLE IF NOT EXISTS namespaces (
    number INTEGER PRIMARY KEY AUTOINCREMENT, owner_id TEXT NOT NULL, name TEXT NOT NULL, lsn INTEGER NOT NULL,
    filterable_fields TEXT, UNIQUE (owner_id, name));
CREATE TABLE IF NOT EXISTS imports (
    index_id TEXT NOT NULL, number INTEGER NOT NULL, finished INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (index_id, number));
CREATE TABLE IF NOT EXISTS records (
    pk INTEGER PRIMARY KEY, id TEXT NOT NULL, dense BLOB, sparse BLOB, metadata BLOB);
"""
#: Columns that a data directory of an earlier version lacks.
ADDED_COLUMNS = (
    ("projects", "body", "TEXT NOT NULL DEFAULT '{}'"),
    ("api_keys", "ready_made", "INTEGER NOT NULL DEFAULT 1"),
)
NEEDED_TABLES = frozenset({"projects", "api_keys", "indexes"})
OWN_TABLES = "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


class DataDirectoryInUseError(Exception):
    """Another process has this data directory open."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"The data directory {directory} is in use by another emulator. Stop that one, or start this one "
            "with another --data-dir."
        )


class Database:
    """Open `<directory>/emulator.db`; `durable=False` leaves out fsync, for data that is thrown away anyway.

    Raises DataDirectoryInUseError when another process has it open.
    """

    def __init__(self, directory: Path, *, durable: bool = True) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = directory / "emulator.db"
        self._synchronous = "FULL" if durable else "OFF"
        self._connections: list[sqlite3.Connection] = []
        self._lock_holder = self._take_lock(directory)
        self._writer = self._connect()
        self._writing = threading.RLock()
        self._local = threading.local()
        self._kept: dict[tuple[str, tuple[Any, ...]], list[tuple[Any, ...]]] = {}
        self._writer.executescript(TABLES)
        for table, column, declaration in ADDED_COLUMNS:
            if column not in [row[1] for row in self._writer.execute(f"PRAGMA table_info({table})")]:
                self._writer.execute(f"ALTER TABLE {table} ADD COLUMN {column} {declaration}")

    @staticmethod
    def _take_lock(directory: Path) -> sqlite3.Connection:
        # An exclusive SQLite transaction is a file lock that every platform frees when the process dies.
        holder = sqlite3.connect(
            directory / "emulator.lock", timeout=0, isolation_level=None, check_same_thread=False
        )
        try:
            holder.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            holder.close()
            raise DataDirectoryInUseError(directory) from error
        return holder

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=30)
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        self._connections.append(connection)
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the one writing transaction; it is committed on leaving, rolled back on an exception."""
        with self._writing:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
            except BaseException:
                self._writer.execute("ROLLBACK")
                raise
            self._writer.execute("COMMIT")
            # A new one: what a reader of before still keeps goes into the old.
            self._kept = {}

    def rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT, as of the latest commit."""
        return self.cursor(sql, parameters).fetchall()

    def kept_rows(self, sql: str, parameters: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT as `rows` does, kept until the next commit: for what every request asks."""
        kept = self._kept
        found = kept.get((sql, parameters))
        if found is None:
            found = self.rows(sql, parameters)
            if found:
                kept[sql, parameters] = found
        return found

    def cursor(self, sql: str, parameters: tuple[Any, ...] = ()) -> sqlite3.Cursor:
        """Return a cursor of this thread's own reading connection, for results too many to hold."""
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._connect()
        cursor: sqlite3.Cursor = connection.execute(sql, parameters)
        return cursor

    def dump(self, path: Path) -> None:
        """Write all of it to a file that must not exist yet, as of the latest commit."""
        self.cursor("VACUUM INTO ?", (str(path),))

    def load(self, path: Path) -> None:
        """Replace all rows by those of a dumped file, in one transaction. Raises sqlite3.Error."""
        with self._writing:
            self._writer.execute("ATTACH ? AS loaded", (str(path),))
            try:
                with self.writing() as connection:
                    for (table,) in connection.execute(OWN_TABLES).fetchall():
                        _copy_table(connection, table)
            finally:
                self._writer.execute("DETACH loaded")

    def close(self) -> None:
        """Close every connection and free the lock."""
        for connection in self._connections:
            connection.close()
        self._lock_holder.close()


def _copy_table(connection: sqlite3.Connection, table: str) -> None:
    # A state of another version may lack columns, and tables that nothing could be without.
    shared = _columns(connection, "main", table) & _columns(connection, "loaded", table)
    if not shared and table in NEEDED_TABLES:
        raise sqlite3.DatabaseError(f"it has no {table}")
    connection.execute(f"DELETE FROM main.{table}")  # noqa: S608 - a name of our own
    if shared:
        columns = ", ".join(sorted(shared))
        connection.execute(f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM loaded.{table}")  # noqa: S608 - names of our own


def _columns(connection: sqlite3.Connection, schema: str, table: str) -> set[str]:
    return {row[1] for row in connection.execute(f"PRAGMA {schema}.table_info({table})")}


def record_range(namespace: int) -> tuple[int, int]:
    """Return the first and last primary key a record of this namespace can have."""
    return namespace << SLOT_BITS, ((namespace + 1) << SLOT_BITS) - 1
