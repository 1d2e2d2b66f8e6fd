from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.shared import sheets
from bridge.errors import InvalidInput

HEADER = ["id", "body"]


def read(data: bytes) -> tuple[list[str], list[list[Any]]]:
    header, found = sheets.table(io.BytesIO(data))
    return header, [*found]


def xlsx(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_csv_is_read_whatever_separates_its_cells(separator: str) -> None:
    text = f'\ufeffid{separator}body\r\na{separator}"one\ntwo{separator}"\r\n\r\nb\r\n'
    assert read(text.encode()) == (HEADER, [["a", f"one\ntwo{separator}"], ["b"]])


@given(st.sampled_from([",", ";"]), st.text('ab,;" \t\r\n', max_size=40))
def test_a_csv_is_read_as_the_standard_library_reads_it(separator: str, text: str) -> None:
    rows = []
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator):
        while row and not row[-1]:
            row.pop()
        rows += [row] if row else []
    assert read(f"id{separator}body\n{text}".encode()) == (HEADER, rows)


def test_an_xlsx_is_read_with_its_types() -> None:
    day = dt.datetime(2026, 11, 2, 9, 30, tzinfo=None)  # noqa: DTZ001 - a spreadsheet knows no zones
    rows = [HEADER, ["a", 7], [None, None], ["b", day]]
    assert read(xlsx(*rows)) == (HEADER, [["a", 7], ["b", "2026-11-02T09:30:00"]])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "has no header"),
        (b"a,a\n", "has the column 'a' twice"),
        (b"a,b\n\xff\xfe\n", "cannot be read"),
        (b"PK\x03\x04nothing", "cannot be read"),
        (b'a,b\n"' + b"x" * 1_100_000, "cannot be read"),
    ],
)
def test_what_is_no_table_is_said_so(data: bytes, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read(data)
    assert told in caught.value.errors[0].message


@pytest.mark.parametrize(
    ("data", "rows"),
    [(b"", 0), (b"a,b\n", 0), (b"a,b\n1,2", 1), (b"a,b\n1,2\n", 1), (b'a,b\n"x\ny",2\n"1""\n",2\n', 2)],
)
def test_rows_are_counted_without_being_read(data: bytes, rows: int) -> None:
    assert sheets.count(io.BytesIO(data)) == rows
