"""The files: uploaded bytes in chunks in the database, so that any worker on any machine reads them.

Written and read a chunk at a time, each chunk in a transaction of its own: a file of any size needs the memory of one
chunk, and holds up nobody.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Final

from sqlalchemy import bindparam
from sqlmodel import col, delete, select, update

from bridge.access import Caller
from bridge.db import Database
from bridge.errors import Fault, FileTooLarge, InvalidInput
from bridge.models import File, FileChunk
from bridge.plugin import JSON

CHUNK_BYTES: Final = 1024 * 1024
CHUNK: Final = select(col(FileChunk.data)).where(
    col(FileChunk.file_id) == bindparam("file_id"), col(FileChunk.number) == bindparam("number")
)


def store(database: Database, row: File, pieces: Iterable[bytes], max_bytes: int) -> File:
    """Keep the bytes of a file; on any trouble nothing of it stays. Raises FileTooLarge."""
    with database.write() as session:
        session.add(row)
    size = 0
    try:
        for number, chunk in enumerate(_chunks(pieces)):
            size += len(chunk)
            _refuse_larger(size, max_bytes)
            with database.write() as session:
                session.add(FileChunk(file_id=row.id, number=number, data=chunk))
    except BaseException:
        with database.write() as session:
            session.exec(delete(File).where(col(File.id) == row.id))
        raise
    with database.write() as session:
        session.exec(update(File).where(col(File.id) == row.id).values(size=size, whole=True))
    row.size, row.whole = size, True
    return row


def _refuse_larger(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        raise FileTooLarge(f"the file is over {max_bytes} bytes; send it in parts")


def find(database: Database, caller: Caller, file_id: str) -> File | None:
    """Return a whole file that the caller has uploaded; the operator finds every file."""
    with database.read() as session:
        row = session.get(File, file_id)
    mine = row is not None and caller.api_key_id in (None, row.api_key_id)
    return row if row and mine and row.whole else None


def refuse_unknown(database: Database, caller: Caller, checked: JSON) -> None:
    """Raise InvalidInput when an input names a file that the caller has not, or no longer."""
    if "file" in checked and find(database, caller, checked["file"]) is None:
        fault = Fault("/file", "is no file of your key; POST /v1/files uploads one, and keeps it for a day")
        raise InvalidInput("the file is not there", errors=(fault,))


def opened(database: Database, file_id: str) -> io.BufferedReader:
    """Open a file for reading and seeking. Raises InvalidInput when it is not there any more."""
    with database.read() as session:
        row = session.get(File, file_id)
    if row is None or not row.whole:
        raise InvalidInput("the file is not there any more", errors=(Fault("/file", "upload it again"),))
    return io.BufferedReader(_Chunked(database, row), CHUNK_BYTES)


class _Chunked(io.RawIOBase):
    """A file read chunk by chunk."""

    def __init__(self, database: Database, row: File) -> None:
        self._database = database
        self._file_id = row.id
        self._size = row.size
        self._at = 0
        self._number = -1
        self._chunk = memoryview(b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._at >= self._size:
            return 0
        number, start = divmod(self._at, CHUNK_BYTES)
        if number != self._number:
            self._chunk, self._number = self._read(number), number
        part = self._chunk[start : start + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)

    def _read(self, number: int) -> memoryview:
        found = self._database.lookup(CHUNK, file_id=self._file_id, number=number)
        if found is None:
            raise InvalidInput("the file is not there any more", errors=(Fault("/file", "upload it again"),))
        return memoryview(found.data)


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Cut bytes that come in pieces of any size into chunks of one."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= CHUNK_BYTES:
            yield bytes(held[:CHUNK_BYTES])
            del held[:CHUNK_BYTES]
    if held:
        yield bytes(held)
