"""The rates: how often an API key may ask; the only owner of `limits`.

On PostgreSQL all web processes count together, on SQLite each counts for itself.

Every answer to a key that has a limit says how much of it is left, in the fields `RateLimit` and
`RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
"""

from __future__ import annotations

import math
from typing import Final

from flask import Flask, Response, g
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from bridge import clock, errors, tally
from bridge.access import Caller
from bridge.db import Database

SECONDS: Final = 60


class _Shared(MemoryStorage):
    """Counts where all web processes meet; how the windows slide stays the library's."""

    STORAGE_SCHEME = []  # noqa: RUF012 - the base has it so; it is made here, and not of a URL

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        return tally.add(self._database, key, amount, expiry)

    def decr(self, key: str, amount: int = 1) -> int:
        return tally.add(self._database, key, -amount, 0)

    def get(self, key: str) -> int:
        return tally.counted(self._database, key)


class Rates:
    """What was asked in the last minute, by key. usual: the limit of a key that has none of its own; 0 is none."""

    def __init__(self, usual: int, database: Database) -> None:
        self._usual = usual
        storage = MemoryStorage() if database.is_sqlite else _Shared(database)
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def spend(self, caller: Caller) -> None:
        """Count one request. Raises RateLimited when the minute's are used up."""
        most = caller.calls_per_minute or self._usual
        if not most or caller.api_key_id is None:
            return
        item = RateLimitItemPerMinute(most)
        taken = self._limiter.hit(item, caller.api_key_id)
        stats = self._limiter.get_window_stats(item, caller.api_key_id)
        seconds = max(1, math.ceil(stats.reset_time - clock.now().timestamp()))
        g.rate = (most, max(0, stats.remaining), seconds)
        if not taken:
            told = f"this API key may ask {most} times a minute; wait for Retry-After seconds"
            raise errors.RateLimited(told, retry_after_seconds=seconds)


def register(app: Flask) -> None:
    """Have every answer say how much of a key's limit is left."""

    def tell(response: Response) -> Response:
        if "rate" in g:
            most, left, seconds = g.rate
            response.headers["RateLimit-Policy"] = f'"key";q={most};w={SECONDS}'
            response.headers["RateLimit"] = f'"key";r={left};t={seconds}'
        return response

    app.after_request(tell)
