"""The lists: how every list answers, newest first, with a cursor to go on from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from bridge.pages import Page
from bridge.plugin import JSON

Row = TypeVar("Row")


def listed(found: Page[Row], shape: Callable[[Row], JSON]) -> JSON:
    """Write one page of rows."""
    return {"data": [shape(row) for row in found.rows], "next_cursor": found.next_cursor}


def whole(rows: Iterable[Row], shape: Callable[[Row], JSON]) -> JSON:
    """Write a list that always fits one page."""
    return {"data": [shape(row) for row in rows], "next_cursor": None}
