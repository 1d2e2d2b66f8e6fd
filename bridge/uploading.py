"""Uploading: takes a file that actions may read for a day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlmodel import col, delete

from bridge import auditing, errors, files
from bridge.access import Caller
from bridge.models import File
from bridge.runtime import Runtime

KINDS: Final = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
}
MAX_NAME: Final = 255


def upload(runtime: Runtime, caller: Caller, name: str, media_type: str, pieces: Iterable[bytes]) -> File:
    """Keep a CSV or XLSX file for a day. Raises UnsupportedFile, FileTooLarge."""
    ending = name.rpartition(".")[2].lower()
    kind = KINDS.get(media_type.lower()) or (ending if ending in KINDS.values() else None)
    if kind is None:
        told = "send text/csv or an XLSX file, with its Content-Type or a name that ends in .csv or .xlsx"
        raise errors.UnsupportedFile(told)
    row = File(api_key_id=caller.api_key_id, name=name.replace("\0", "")[:MAX_NAME], kind=kind)
    files.store(runtime.database, row, pieces, runtime.settings.max_file_bytes)
    with runtime.database.write() as session:
        auditing.note(session, caller, "file.upload", row.id)
    return row


def get(runtime: Runtime, caller: Caller, file_id: str) -> File:
    """Return a file of the caller's. Raises NotFound."""
    row = files.find(runtime.database, caller, file_id)
    if row is None:
        raise errors.NotFound(f"your key has no file {file_id!r}; files are kept for a day")
    return row


def remove(runtime: Runtime, caller: Caller, file_id: str) -> None:
    """Remove a file before its day is over. Raises NotFound."""
    row = get(runtime, caller, file_id)
    with runtime.database.write() as session:
        session.exec(delete(File).where(col(File.id) == row.id))
        auditing.note(session, caller, "file.remove", row.id)
