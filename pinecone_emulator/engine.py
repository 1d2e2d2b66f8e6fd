"""Owns the records of all indexes: one lock an index, disk first, memory second.

A write is checked before it comes here, committed to SQLite, and only then applied in memory; what fails leaves both
as they were. Namespaces are read into memory when first needed. A backup's records are namespaces owned by it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson

from pinecone_emulator.database import SLOT_BITS, Database, record_range
from pinecone_emulator.errors import ForbiddenError, NotFoundError
from pinecone_emulator.namespace import Namespace
from pinecone_emulator.record import Record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from pinecone_emulator.model import Index

LOAD_ROWS = 1000


class OpenIndex:
    """An index whose lock is held: every read and write of its records goes through one of these."""

    def __init__(self, database: Database, index: Index, most_namespaces: Callable[[], int]) -> None:
        self.index = index
        self._most_namespaces = most_namespaces
        self.lock = threading.RLock()
        self.gone = False
        self._database = database
        self._namespaces: dict[str, Namespace] = {}

    def names(self) -> list[str]:
        """Return the names of the index's namespaces in C order; the default one is the empty string."""
        sql = "SELECT name FROM namespaces WHERE owner_id = ? ORDER BY name COLLATE BINARY"
        return [str(row[0]) for row in self._database.kept_rows(sql, (self.index.id,))]

    def namespace(self, name: str) -> Namespace | None:
        """Return a namespace with its records in memory, None if there is none of this name."""
        if name not in self._namespaces:
            sql = "SELECT number, lsn, filterable_fields FROM namespaces WHERE owner_id = ? AND name = ?"
            found = self._database.rows(sql, (self.index.id, name))
            if not found:
                return None
            number, lsn, fields = found[0]
            namespace = Namespace(number, name, self.index.blueprint.dimension, lsn)
            namespace.filterable_fields = None if fields is None else orjson.loads(fields)
            self._load(namespace)
            self._namespaces[name] = namespace
        return self._namespaces[name]

    def _load(self, namespace: Namespace) -> None:
        sql = "SELECT pk, id, dense, sparse, metadata FROM records WHERE pk BETWEEN ? AND ?"
        cursor = self._database.cursor(sql, record_range(namespace.number))
        while rows := cursor.fetchmany(LOAD_ROWS):
            namespace.load([row[1:] for row in rows], [row[0] & ((1 << SLOT_BITS) - 1) for row in rows])

    def need_room(self, more: int = 1) -> None:
        """Raise ForbiddenError if the plan does not allow the index so many more namespaces; pods may have any number."""
        if self.index.blueprint.pod is None and len(self.names()) + more > self._most_namespaces():
            raise ForbiddenError("Increase your quota or upgrade to create more namespaces.")

    def create_namespace(self, name: str, filterable_fields: list[str] | None) -> Namespace:
        """Create an empty namespace. Raises ForbiddenError by quota."""
        self.need_room()
        with self._database.writing() as connection:
            number = _insert_namespace(connection, self.index.id, name, 0, filterable_fields)
        namespace = Namespace(number, name, self.index.blueprint.dimension, 0)
        namespace.filterable_fields = filterable_fields
        self._namespaces[name] = namespace
        return namespace

    def put(self, name: str, records: list[Record]) -> int:
        """Store records, each id once, creating the namespace if need be; return the write's LSN.

        Raises ForbiddenError by quota.
        """
        namespace = self.namespace(name)
        if namespace is None:
            self.need_room()
        lsn = namespace.lsn + 1 if namespace else 1
        with self._database.writing() as connection:
            if namespace is None:
                number = _insert_namespace(connection, self.index.id, name, lsn, None)
                namespace = Namespace(number, name, self.index.blueprint.dimension, lsn)
            slots = namespace.slots_for(record.id for record in records)
            first = record_range(namespace.number)[0]
            rows = (record.row(first + slot) for record, slot in zip(records, slots, strict=True))
            connection.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?)", rows)
            connection.execute("UPDATE namespaces SET lsn = ? WHERE number = ?", (lsn, namespace.number))
        self._namespaces.pop(name, None)
        namespace.put(records, slots)
        namespace.lsn = lsn
        # Put back only once it is whole: after a failure in between it is read from disk again.
        self._namespaces[name] = namespace
        return lsn

    def remove(self, namespace: Namespace, slots: list[int]) -> int:
        """Delete the records in these slots; return the write's LSN."""
        first = record_range(namespace.number)[0]
        lsn = namespace.lsn + 1
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM records WHERE pk = ?", [(first + slot,) for slot in slots])
            connection.execute("UPDATE namespaces SET lsn = ? WHERE number = ?", (lsn, namespace.number))
        self._namespaces.pop(namespace.name, None)
        namespace.remove(slots)
        namespace.lsn = lsn
        self._namespaces[namespace.name] = namespace
        return lsn

    def remove_namespace(self, namespace: Namespace) -> int:
        """Delete a namespace and all its records; return the write's LSN."""
        with self._database.writing() as connection:
            _delete_namespace(connection, namespace.number)
        self._namespaces.pop(namespace.name, None)
        return namespace.lsn + 1


class Engine:
    """Give out indexes one holder at a time, and copy or delete all records of an owner."""

    def __init__(self, database: Database, most_namespaces: Callable[[], int]) -> None:
        self._database = database
        self._most_namespaces = most_namespaces
        self._lock = threading.Lock()
        self._open: dict[str, OpenIndex] = {}

    @contextmanager
    def holding(self, index: Index) -> Iterator[OpenIndex]:
        """Hold an index's lock; raise NotFoundError if it was deleted in the meantime."""
        with self._lock:
            found = self._open.get(index.id)
            if found is None:
                # The caller looked the index up before it held anything, so it may have been deleted since.
                sql = "SELECT 1 FROM indexes WHERE id = ? AND deleted_at IS NULL"
                if not self._database.rows(sql, (index.id,)):
                    raise NotFoundError(f"Index {index.name} not found.")
                found = self._open[index.id] = OpenIndex(self._database, index, self._most_namespaces)
        with found.lock:
            if found.gone:
                raise NotFoundError(f"Index {index.name} not found.")
            found.index = index
            yield found

    def forget(self, held: OpenIndex) -> None:
        """Let go of the memory of an index that is being deleted; the caller holds it."""
        held.gone = True
        with self._lock:
            self._open.pop(held.index.id, None)

    def forget_everything(self) -> None:
        """Let go of all memory, after all data was deleted."""
        with self._lock:
            for held in self._open.values():
                held.gone = True
            self._open.clear()


def copy_records(connection: sqlite3.Connection, source_id: str, target_id: str) -> None:
    """Copy all namespaces and records of an index to a backup, or of a backup to an index."""
    rows = connection.execute(
        "SELECT number, name, lsn, filterable_fields FROM namespaces WHERE owner_id = ?", (source_id,)
    ).fetchall()
    for number, name, lsn, fields in rows:
        copy = _insert_namespace(
            connection, target_id, name, lsn, None if fields is None else orjson.loads(fields)
        )
        offset = record_range(copy)[0] - record_range(number)[0]
        connection.execute(
            "INSERT INTO records SELECT pk + ?, id, dense, sparse, metadata FROM records WHERE pk BETWEEN ? AND ?",
            (offset, *record_range(number)),
        )


def delete_records(connection: sqlite3.Connection, owner_id: str) -> None:
    """Delete all namespaces and records of an index or a backup."""
    for (number,) in connection.execute(
        "SELECT number FROM namespaces WHERE owner_id = ?", (owner_id,)
    ).fetchall():
        _delete_namespace(connection, number)


def measure(connection: sqlite3.Connection, owner_id: str) -> tuple[int, int, int]:
    """Return how many records, namespaces and bytes an index or a backup has."""
    rows = connection.execute("SELECT number FROM namespaces WHERE owner_id = ?", (owner_id,)).fetchall()
    records = size = 0
    sql = (
        "SELECT count(*), coalesce(sum(length(id) + ifnull(length(dense), 0) + ifnull(length(sparse), 0)"
        " + ifnull(length(metadata), 0)), 0) FROM records WHERE pk BETWEEN ? AND ?"
    )
    for (number,) in rows:
        count, length = connection.execute(sql, record_range(number)).fetchone()
        records, size = records + count, size + length
    return records, len(rows), size


def _insert_namespace(
    connection: sqlite3.Connection, owner_id: str, name: str, lsn: int, fields: list[str] | None
) -> int:
    values: tuple[Any, ...] = (owner_id, name, lsn, None if fields is None else orjson.dumps(fields).decode())
    sql = "INSERT INTO namespaces (owner_id, name, lsn, filterable_fields) VALUES (?, ?, ?, ?)"
    return int(connection.execute(sql, values).lastrowid or 0)


def _delete_namespace(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("DELETE FROM records WHERE pk BETWEEN ? AND ?", record_range(number))
    connection.execute("DELETE FROM namespaces WHERE number = ?", (number,))
