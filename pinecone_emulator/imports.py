"""Owns the verbs of bulk imports: start, list, describe, cancel, and what happens when one has come to its end.

An import is Pending for the first half of its time and InProgress for the second; its records are there when it is
Completed. Spec: Bulk Operations of the data plane.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from pinecone_emulator.clock import timestamp
from pinecone_emulator.errors import ApiError, InvalidArgumentError, NotFoundError, UnimplementedError
from pinecone_emulator.incoming import checked
from pinecone_emulator.parquet import folder_of, namespaces_in, rows_of
from pinecone_emulator.settings import is_loopback

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from pinecone_emulator.backend import Backend
    from pinecone_emulator.engine import OpenIndex
    from pinecone_emulator.model import Blueprint
    from pinecone_emulator.payload import Payload
    from pinecone_emulator.record import Record

LONGEST_URI = 1500
LONGEST_INTEGRATION = 1000
INJECTED = "The import failed because a test asked for it."


@dataclass(frozen=True, slots=True)
class Import:
    """One import; `complete_at` None is held. `begun` says that some of it may be stored already."""

    number: int
    project_id: str
    index_id: str
    uri: str
    folder: str
    on_error: str
    created_at: float
    complete_at: float | None
    fails: bool
    begun: bool = False
    cancelled_at: float | None = None
    finished_at: float | None = None
    records: int = 0
    error: str | None = None


def start(backend: Backend, held: OpenIndex, payload: Payload) -> dict[str, Any]:
    """Begin to import a directory. Raises InvalidArgumentError, UnimplementedError for what is not local."""
    uri = payload.need("uri", payload.text("uri"))
    mode = payload.object("errorMode")
    on_error = (mode.choice("onError", ("abort", "continue")) if mode else None) or "abort"
    if not 1 <= len(uri) <= LONGEST_URI or len(payload.text("integrationId") or "") > LONGEST_INTEGRATION:
        raise InvalidArgumentError(f"Bad request. uri must have 1 to {LONGEST_URI} characters.")
    if held.index.blueprint.embed is not None:
        raise InvalidArgumentError("Bad request. Import does not support indexes with integrated embedding.")
    folder = folder_of(uri, _root(backend))
    with backend.deciding:
        now = backend.clock.now()
        fate = backend.faults.fate_of_next("import")
        number = 1 + max((each.number for each in _of_index(backend, held.index.id)), default=0)
        complete_at = None if fate == "hold" else now + backend.settings.import_seconds
        created = Import(
            number,
            held.index.project_id,
            held.index.id,
            uri,
            str(folder),
            on_error,
            now,
            complete_at,
            fate == "fail",
        )
        with backend.database.writing() as connection:
            _save(connection, created)
        backend.due_at = 0.0
    return {"id": str(number)}


def _root(backend: Backend) -> Path:
    if find_spec("pyarrow") is None:
        raise UnimplementedError("startBulkImport without pyarrow (pip install 'pinehook[imports]')")
    if backend.settings.import_dir is not None:
        return backend.settings.import_dir
    if not is_loopback(backend.settings.host):
        raise UnimplementedError("startBulkImport without --import-dir on an address others can reach")
    return Path("/")


def of_index(backend: Backend, held: OpenIndex) -> list[Import]:
    """Return an index's imports, newest first."""
    return _of_index(backend, held.index.id)


def find(backend: Backend, held: OpenIndex, import_id: str) -> Import:
    """Return an import of this index; raise NotFoundError."""
    found = [each for each in _of_index(backend, held.index.id) if str(each.number) == import_id]
    if not found:
        raise NotFoundError(f"Import {import_id[:80]} not found.")
    return found[0]


def cancel(backend: Backend, held: OpenIndex, import_id: str) -> None:
    """Cancel an import; one that has come to its end stays as it is. Raises NotFoundError."""
    with backend.deciding:
        found = find(backend, held, import_id)
        if found.cancelled_at is None and found.finished_at is None:
            with backend.database.writing() as connection:
                _save(connection, replace(found, cancelled_at=backend.clock.now()))


def body(backend: Backend, found: Import) -> dict[str, Any]:
    """Return ImportModel as of now."""
    status, share = _status(found, backend.clock.now())
    shown = {
        "id": str(found.number),
        "uri": found.uri,
        "status": status,
        "createdAt": timestamp(found.created_at),
        "percentComplete": share,
        "recordsImported": found.records,
    }
    ended = found.finished_at or found.cancelled_at
    if ended is not None:
        shown["finishedAt"] = timestamp(ended)
    return shown if found.error is None else {**shown, "error": found.error}


def _status(found: Import, now: float) -> tuple[str, float]:
    if found.cancelled_at is not None:
        return "Cancelled", 0.0
    if found.finished_at is not None:
        return ("Completed", 100.0) if found.error is None else ("Failed", 0.0)
    if found.complete_at is None:
        return "Pending", 0.0
    share = 100 * (now - found.created_at) / max(found.complete_at - found.created_at, 1e-9)
    return ("Pending", 0.0) if share < 50 else ("InProgress", min(share, 99.0))  # noqa: PLR2004 - percent


def run_due(backend: Backend, now: float) -> list[float]:
    """Bring to their end the imports whose time has come; return when the next will. The caller is deciding."""
    times = []
    for found in _unfinished(backend):
        if found.complete_at is None:
            continue
        if found.complete_at > now:
            times.append(found.complete_at)
            continue
        finished = replace(_run(backend, found), finished_at=found.complete_at)
        with backend.database.writing() as connection:
            _save(connection, finished)
    return times


def release(backend: Backend, connection: sqlite3.Connection, project_id: str) -> None:
    """Let the held imports of a project end now."""
    for found in _unfinished(backend):
        if found.complete_at is None and found.project_id == project_id:
            _save(connection, replace(found, complete_at=backend.clock.now()))
    backend.due_at = 0.0


def _run(backend: Backend, found: Import) -> Import:
    index = backend.catalogue.index_with_id(found.index_id)
    if index is None or index.deleted_at is not None:
        return replace(found, error="The index was deleted.")
    if found.fails:
        return replace(found, error=INJECTED)
    try:
        with backend.engine.holding(index) as held:
            namespaces = namespaces_in(Path(found.folder))
            if not found.begun:
                _check_namespaces(held, namespaces)
                found = replace(found, begun=True)
                with backend.database.writing() as connection:
                    _save(connection, found)
            if found.on_error == "abort":
                # All is read before any is stored: what is aborted leaves nothing behind.
                for _ in _records(held, namespaces, found.on_error):
                    pass
            count = 0
            for name, records in _records(held, namespaces, found.on_error):
                held.put(name, records)
                count += len(records)
    except (ApiError, OSError) as error:
        return replace(found, error=str(error))
    return replace(found, records=count)


def _check_namespaces(held: OpenIndex, namespaces: dict[str, list[Path]]) -> None:
    if not namespaces:
        raise InvalidArgumentError("There is no namespace with a Parquet file in the import directory.")
    held.need_room(len(namespaces.keys() - set(held.names())))
    for name in namespaces:
        existing = held.namespace(name)
        if existing is not None and (name or len(existing)):
            raise InvalidArgumentError(
                f"Cannot import into the namespace {name or '__default__'!r}: it exists already."
            )


def _records(
    held: OpenIndex, namespaces: dict[str, list[Path]], on_error: str
) -> Iterator[tuple[str, list[Record]]]:
    blueprint = held.index.blueprint
    for name, files in namespaces.items():
        for path in files:
            for rows in rows_of(path, blueprint.vector_type):
                try:
                    records = checked(rows, blueprint)
                except InvalidArgumentError:
                    if on_error == "abort":
                        raise
                    records = [record for row in rows for record in _if_right(row, blueprint)]
                if records:
                    yield name, records


def _if_right(row: dict[str, Any], blueprint: Blueprint) -> list[Record]:
    try:
        return checked([row], blueprint)
    except InvalidArgumentError:
        return []


def _of_index(backend: Backend, index_id: str) -> list[Import]:
    sql = "SELECT body FROM imports WHERE index_id = ? ORDER BY number DESC"
    return [Import(**orjson.loads(text)) for (text,) in backend.database.rows(sql, (index_id,))]


def _unfinished(backend: Backend) -> list[Import]:
    rows = backend.database.rows("SELECT body FROM imports WHERE finished = 0 ORDER BY index_id, number")
    return [Import(**orjson.loads(text)) for (text,) in rows]


def _save(connection: sqlite3.Connection, found: Import) -> None:
    finished = found.finished_at is not None or found.cancelled_at is not None
    connection.execute(
        "INSERT OR REPLACE INTO imports VALUES (?, ?, ?, ?)",
        (found.index_id, found.number, finished, orjson.dumps(asdict(found)).decode()),
    )
