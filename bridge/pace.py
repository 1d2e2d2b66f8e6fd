"""The pace: how long until the next look at Pinecone. Pure: chance comes in as a number from 0 to 1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bridge.plugin import Resource

UNFINISHED: Final = frozenset(
    {"Initializing", "Pending", "InProgress", "Processing", "Migrating", "Terminating", "Deleting"}
)
"""Pinecone's words for a state that ends by itself; those that begin with Scaling do so, too."""
UNFINISHED_SECONDS: Final = 30.0
FIRST_RETRY_SECONDS: Final = 5.0
MAX_RETRY_SECONDS: Final = 15 * 60.0
MAX_ASKED_SECONDS: Final = 24 * 3600.0


def is_moving(resources: Iterable[Resource]) -> bool:
    """Whether any of them is in a state that ends by itself."""
    return any(r.status in UNFINISHED or (r.status or "").startswith("Scaling") for r in resources)


def after_success(
    interval_seconds: float, fast_seconds: float, *, moving: bool, unfinished: bool, chance: float
) -> float:
    """Return the seconds until the next look, give or take a tenth.

    They are fewer while anything moves, and where the budget did not last for the whole look: by then half of
    it is earned again.
    """
    seconds = min(interval_seconds, UNFINISHED_SECONDS) if unfinished else interval_seconds
    seconds = min(seconds, fast_seconds) if moving else seconds
    return seconds * (0.9 + 0.2 * chance)


def after_failure(failure_count: int, retry_after_seconds: float | None, *, chance: float) -> float:
    """Return the seconds until a failed look is tried again.

    They double with each failure in a row up to 15 minutes, with up to half of them taken off by chance, and
    are never fewer than what Pinecone asked for.
    """
    seconds = min(MAX_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0 ** min(failure_count - 1, 16))
    asked = min(retry_after_seconds or 0.0, MAX_ASKED_SECONDS)
    return max(seconds * (1 - chance / 2), asked)
