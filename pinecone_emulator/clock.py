"""Owns time inside the emulator: the real clock plus an offset that tests may advance.

States are a function of stored timestamps and `Clock.now`, so the offset is stored with the data (see
`projects.py`) and given back at the next start.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime


class Clock:
    """Tell the emulator's time in seconds since the epoch."""

    def __init__(self, offset: float = 0.0) -> None:
        self._offset = offset
        self._lock = threading.Lock()

    @property
    def offset(self) -> float:
        """Seconds this clock is ahead of the machine's."""
        return self._offset

    def now(self) -> float:
        """Return the emulator's current time in seconds since the epoch."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward by so many seconds; every state that is due by then is reached at once."""
        with self._lock:
            self._offset += seconds

    def set(self, now: float) -> None:
        """Make it so many seconds since the epoch now."""
        with self._lock:
            self._offset = now - time.time()

    def reset(self) -> None:
        """Go back to the machine's own time."""
        with self._lock:
            self._offset = 0.0


def timestamp(seconds: float) -> str:
    """Return seconds since the epoch as RFC 3339 in UTC, with microseconds and a final Z."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
