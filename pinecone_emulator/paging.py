"""Owns pages: limits, and tokens that say after what to go on."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, TypeVar

from pinecone_emulator import limits
from pinecone_emulator.errors import ApiError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
PREFIX = b"after:"
LIMIT = re.compile("[0-9]{1,9}")


def token_for(last: str) -> str:
    """Return the token of the page that follows this item."""
    return base64.urlsafe_b64encode(PREFIX + last.encode()).decode()


def after(token: str | None) -> str | None:
    """Return the item a token's page follows, None without a token. Raises InvalidArgumentError."""
    if not token:
        return None
    try:
        data = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        if data.startswith(PREFIX):
            return data.removeprefix(PREFIX).decode()
    except (binascii.Error, ValueError):
        pass
    raise InvalidArgumentError("Bad request. Invalid pagination token.")


def limit_of(
    text: str | None, highest: int = limits.LIST_PAGE, error: type[ApiError] = InvalidArgumentError
) -> int:
    """Return a page's size from its query parameter, 100 if absent. Raises the error, InvalidArgumentError if none is named."""
    if text is None or text == "":
        return min(limits.LIST_PAGE, highest)
    if not LIMIT.fullmatch(text) or not 1 <= int(text) <= highest:
        raise error(f"Bad request. limit must be between 1 and {highest}.")
    return int(text)


def page_of(
    items: list[T], key: Callable[[T], str], limit: int, token: str | None
) -> tuple[list[T], str | None]:
    """Return one page of a list and the token of the next; a token whose item is gone is refused."""
    start = 0
    last = after(token)
    if last is not None:
        places = [place for place, item in enumerate(items) if key(item) == last]
        if not places:
            raise InvalidArgumentError("Bad request. Invalid pagination token.")
        start = places[0] + 1
    page = items[start : start + limit]
    return page, token_for(key(page[-1])) if page and start + limit < len(items) else None
