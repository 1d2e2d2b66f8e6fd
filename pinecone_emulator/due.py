"""Owns what happens by itself once its time has come: scheduled backups, their expiry, the end of deletions, imports and stale reads.

Nothing waits for it in the background: before each request, what is due by then is done, as of the time it was due.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pinecone_emulator import collections, imports, indexes, schedules, stale
from pinecone_emulator.model import Index

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend


def settle(backend: Backend) -> None:
    """Do everything that is due and note when the next of it will be."""
    if backend.clock.now() < backend.due_at:
        return
    with backend.deciding:
        now = backend.clock.now()
        times = [*_finish_deletions(backend, now), *schedules.run_due(backend, now)]
        times += [*schedules.expire_due(backend, now), *stale.end_due(backend, now)]
        times += imports.run_due(backend, now)
        backend.due_at = min(times, default=math.inf)


def _finish_deletions(backend: Backend, now: float) -> list[float]:
    times = []
    for going in backend.catalogue.terminating():
        end = going.terminating_until or now
        if end > now:
            times.append(end)
        elif isinstance(going, Index):
            indexes.remove(backend, going, end)
        else:
            collections.remove(backend, going)
    return times
