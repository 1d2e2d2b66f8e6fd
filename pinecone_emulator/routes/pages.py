"""Owns the page that lists under `data` are answered in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, request

from pinecone_emulator.errors import InvalidArgumentError, OutOfRangeError
from pinecone_emulator.paging import limit_of, page_of
from pinecone_emulator.routes.context import json, plane

T = TypeVar("T")


def data_page(items: list[T], key: Callable[[T], str], to_wire: Callable[[T], dict[str, Any]]) -> Response:
    """Return the page the request asks for by `limit` and `paginationToken`. Raises InvalidArgumentError, on the admin plane OutOfRangeError."""
    error = OutOfRangeError if plane() == "admin" else InvalidArgumentError
    limit = limit_of(request.args.get("limit"), error=error)
    page, following = page_of(items, key, limit, request.args.get("paginationToken"))
    data: dict[str, Any] = {"data": [to_wire(item) for item in page]}
    return json(data if following is None else {**data, "pagination": {"next": following}})
