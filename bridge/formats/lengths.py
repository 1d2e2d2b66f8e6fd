"""Lengths: text cut to what a platform takes, before it is escaped, so that no escape is cut in two. Pure.

A length is one in UTF-16 units, which is how Telegram counts; whoever counts characters or code points finds fewer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

MORE: Final = "…"


def of(text: str) -> int:
    """Return the length of a text in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def cut(text: str, most: int) -> str:
    """Return a text of at most `most` characters, an ellipsis at its end where something is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + MORE


def fitted(text: str, most: int, escape: Callable[[str], str]) -> str:
    """Return a text escaped, cut so that it is at most `most` long when it is."""
    escaped = escape(text)
    while of(escaped) > most:
        # Never less than one character shorter, so that it ends.
        text = cut(text, max(1, min(len(text) - 1, len(text) * most // of(escaped))))
        escaped = escape(text)
    return escaped
