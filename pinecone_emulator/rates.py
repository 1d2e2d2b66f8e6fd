"""Owns the service's rate limits: how much of what an index or a namespace takes in one second.

They are off unless the settings switch them on. Seconds are those of the emulator's clock. Figures: Pinecone's
"Database limits" page.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pinecone_emulator.errors import ResourceExhaustedError
from pinecone_emulator.model import DEFAULT_NAMESPACE

if TYPE_CHECKING:
    from pinecone_emulator.clock import Clock

MEGABYTE = 1_000_000
MANY = {
    "query": "queries",
    "upsert": "upserts",
    "update": "updates",
    "fetch": "fetches",
    "list": "requests",
    "describe_index_stats": "requests",
    "describe": "requests",
    "delete": "deletes",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of one thing a second allows, to each namespace or to the index as a whole."""

    thing: str
    limit: int
    unit: str = "QPS"
    by_namespace: bool = True


QUERIES = Rate("query QPS", 100)
READ_UNITS = Rate("query read units", 2000, "read units per second", by_namespace=False)
UPSERTS = Rate("upsert QPS", 100)
UPSERTED_BYTES = Rate("upsert size", 50 * MEGABYTE, "bytes per second")
UPDATES = Rate("update QPS", 100)
UPDATES_BY_METADATA = Rate("update by metadata QPS", 5)
UPDATES_BY_METADATA_OF_INDEX = Rate("update by metadata QPS", 500, by_namespace=False)
FETCHES = Rate("fetch QPS", 100, by_namespace=False)
LISTS = Rate("list QPS", 200, by_namespace=False)
STATS = Rate("describe_index_stats QPS", 100, by_namespace=False)
DELETES = Rate("delete QPS", 100)
DELETED_RECORDS = Rate("delete records", 5000, "records per second")
#: The service documents that there is one, not how high it is.
DESCRIPTIONS = Rate("describe namespace QPS", 100)


class Rates:
    """What was taken in the second that is running."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._second = 0
        self._taken: dict[tuple[str, str | None, Rate], int] = {}

    def take(self, index_id: str, index_name: str, namespace: str, rate: Rate, amount: int = 1) -> None:
        """Count what a request takes; raise ResourceExhaustedError when the second has no more of it."""
        key = (index_id, namespace if rate.by_namespace else None, rate)
        with self._lock:
            second = int(self._clock.now())
            if second != self._second:
                self._second, self._taken = second, {}
            taken = self._taken.get(key, 0)
            # What is more than a whole second's worth passes when nothing went before it.
            if taken and taken + amount > rate.limit:
                where = (
                    f"namespace {namespace or DEFAULT_NAMESPACE}"
                    if rate.by_namespace
                    else f"index {index_name}"
                )
                raise ResourceExhaustedError(
                    f"Request failed. You've reached the {rate.thing} limit for {where} ({rate.limit} {rate.unit})."
                    f" Pace your {MANY[rate.thing.split()[0]]}, and try again."
                )
            self._taken[key] = taken + amount
