"""The clock: the only place that asks what time it is. Leases are judged by the database's clock instead."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, with its time zone."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Return seconds that never run backwards, for measuring how long something took."""
    return time.monotonic()


def iso(moment: datetime) -> str:
    """Write a moment as the API does: ISO 8601, UTC, microseconds, ending in `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def parse(text: str) -> datetime:
    """Read an ISO 8601 moment that carries its time zone (`Z` or an offset).

    Raises ValueError when the text is no such moment, or carries no time zone.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone: end it in Z or an offset")
    return moment.astimezone(UTC)
