"""The waiting: requests that wait hold at most half of the web threads, so that the others go on being served."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bridge import errors
from bridge.web import door

COME_AGAIN_SECONDS: Final = 5


@contextmanager
def seat(*, needed: bool) -> Iterator[None]:
    """Hold one of the places for those who wait, if one is needed. Raises TooManyWaiting."""
    if not needed:
        yield
        return
    seats = door.here().seats
    if not seats.acquire(blocking=False):
        said = "as many requests are waiting as may; ask again later, or without wait"
        raise errors.TooManyWaiting(said, retry_after_seconds=COME_AGAIN_SECONDS)
    try:
        yield
    finally:
        seats.release()
