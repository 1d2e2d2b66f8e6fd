"""The pages: one way to read any list, newest first, with an opaque cursor."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from bridge import errors
from bridge.errors import Fault

Row = TypeVar("Row")
ID: Final = re.compile(r"[a-z]+_[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, newest first, and the cursor of the next page (None on the last)."""

    rows: Sequence[Row]
    next_cursor: str | None


def fetch(
    session: Session, statement: SelectOfScalar[Row], id_column: Any, *, cursor: str | None, limit: int
) -> Page[Row]:
    """Read one page of a statement, ordered by its ids (which sort by time), newest first.

    Raises BadRequest when the cursor is none of ours.
    """
    if cursor is not None:
        statement = statement.where(id_column < _decode(cursor))
    rows = session.exec(statement.order_by(id_column.desc()).limit(limit + 1)).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, _encode(getattr(rows[-1], id_column.key)) if more else None)


def _encode(row_id: str) -> str:
    return base64.urlsafe_b64encode(row_id.encode()).decode().rstrip("=")


def _decode(cursor: str) -> str:
    try:
        row_id = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        row_id = ""
    if not ID.fullmatch(row_id):
        fault = Fault("/cursor", "take it unchanged from next_cursor of the page before")
        raise errors.BadRequest("the cursor is not one this list has given", errors=(fault,))
    return row_id
