"""What a file of a spreadsheet holds: a header and rows of cells, one after the other, CSV or XLSX.

CSV is UTF-8 (RFC 4180), its separator whichever of , ; tab | the header has most of. Of an XLSX file the first sheet
is read; its text shared between cells is kept in memory by the library, so that it has a limit.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from itertools import chain
from typing import Any, BinaryIO, Final

from actions import refuse
from bridge.errors import Fault, InvalidInput

SEPARATORS: Final = (",", ";", "\t", "|")
MAX_CELL: Final = 1_000_000
MAX_SHARED_BYTES: Final = 64 * 1024 * 1024
LINE_ENDS: Final = "\r\n"
BLOCK_BYTES: Final = 256 * 1024
ZIP: Final = b"PK\x03\x04"


def table(stream: BinaryIO) -> tuple[list[str], Iterator[list[Any]]]:
    """Return the header of a file and its rows, which are read as they are asked for; empty rows are left out.

    Raises InvalidInput for what is no table, also while rows are read.
    """
    start = stream.read(len(ZIP))
    stream.seek(0)
    found = _reading(_xlsx(stream) if start == ZIP else _csv(stream))
    header = [str(name).strip() if name is not None else "" for name in next(found, [])]
    refuse(_faults(header))
    return header, found


def count(stream: BinaryIO) -> int | None:
    """Return how many rows a CSV file has, empty ones too, without reading their cells; None for an XLSX file."""
    lines, quoted, last = 0, False, b""
    while block := stream.read(BLOCK_BYTES):
        if not lines and block.startswith(ZIP):
            return None
        start = 0
        while (mark := block.find(b'"', start)) >= 0:
            lines += 0 if quoted else block.count(b"\n", start, mark)
            quoted, start = not quoted, mark + 1
        lines += 0 if quoted else block.count(b"\n", start)
        last = block[-1:]
    return max(0, lines - (last == b"\n")) if lines else 0


def _reading(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    try:
        for row in rows:
            while row and row[-1] in (None, ""):
                row.pop()
            if row:
                yield row
    except (UnicodeDecodeError, csv.Error, zipfile.BadZipFile, KeyError, ValueError) as error:
        fault = Fault("/file", f"cannot be read as CSV in UTF-8 or as XLSX: {str(error)[:200]}")
        raise InvalidInput("the file is no table", errors=(fault,)) from error


def _faults(header: list[str]) -> Iterator[Fault]:
    if not any(header):
        yield Fault("/file", "has no header: the names of the columns are its first row")
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        yield Fault("/file", f"has the column {name[:80]!r} twice")


def _csv(stream: BinaryIO) -> Iterator[list[Any]]:
    csv.field_size_limit(MAX_CELL)
    text = io.TextIOWrapper(stream, "utf-8-sig", newline="")
    text._CHUNK_SIZE = BLOCK_BYTES  # type: ignore[attr-defined]  # noqa: SLF001 - it reads 8 KB at a time and takes no other wish
    first = text.readline(MAX_CELL)
    text.seek(0)
    separator = max(SEPARATORS, key=first.count)
    for line in text:
        cells = _split(line, separator)
        yield next(csv.reader(chain([line], text), delimiter=separator)) if cells is None else cells


def _split(line: str, separator: str) -> list[str] | None:
    """Return the cells of a line whose quotation marks only begin and end cells; None of any other line.

    The reader of the standard library looks at each character: for long cells that takes ten times as long.
    """
    if len(line) > MAX_CELL:
        return None
    text = f"{separator}{line.rstrip(LINE_ENDS)}{separator}"
    cells: list[str] = []
    start = 0  # a separator stands there, with cells after it
    while (mark := text.find('"', start)) >= 0:
        end = text.find('"', mark + 1)
        if end < 0 or not text[mark - 1] == text[end + 1] == separator:
            return None
        if mark > start + 1:
            cells += text[start + 1 : mark - 1].split(separator)
        cells.append(text[mark + 1 : end])
        start = end + 1
    return cells if start == len(text) - 1 else cells + text[start + 1 : -1].split(separator)


def _xlsx(stream: BinaryIO) -> Iterator[list[Any]]:
    with zipfile.ZipFile(stream) as parts:
        shared = [part.file_size for part in parts.infolist() if part.filename.endswith("sharedStrings.xml")]
    if sum(shared) > MAX_SHARED_BYTES:
        raise ValueError("it shares more than 64 MB of text between its cells; save it as CSV")
    import openpyxl  # noqa: PLC0415 - with what it brings it takes 40 MB, and few files need it

    book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [cell.isoformat() if isinstance(cell, datetime | date | time) else cell for cell in row]
    finally:
        book.close()
