"""Absence: when a thing that is no longer seen counts as deleted, and a flicker as a change. Pure.

A list may leave things out and a 404 may come and go, so one look is not believed unless a trigger says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.plugin import Lives, Resource, Snapshot


@dataclass(frozen=True, slots=True)
class Settled:
    """What is held to be living after a look.

    after: what was seen, and what was not seen and does not count as deleted.
    missing: since when each living resource has not been found, or not as it was, by looks that can tell.
    """

    after: dict[str, Resource]
    missing: dict[str, datetime]


def settle(
    before: Lives,
    missing: Mapping[str, datetime],
    look: Snapshot,
    deleted_after_seconds: int | None,
    steady_seconds: int = 0,
) -> Settled:
    """Judge what a look did not see, and what it saw and doubts.

    It counts as deleted once it has been absent for that many seconds over at least two complete looks; at
    once for 0, never for None. An incomplete or unsure look decides nothing. A doubtful state is believed once
    it has lasted for `steady_seconds`, at once for 0.
    """
    after = {seen.life: seen for seen in look.resources}
    # What did not change stays the same object: comparing it again costs nothing.
    after |= {life: before[life] for life, seen in after.items() if before.get(life) == seen}
    still_missing: dict[str, datetime] = {}
    for life in look.doubtful & before.keys():
        doubted = missing.get(life, look.observed_at)
        if look.observed_at - doubted < timedelta(seconds=steady_seconds):
            after[life] = before[life]
            still_missing[life] = doubted
    for life, resource in before.items():
        if life in after:
            continue
        since = missing.get(life)
        if look.complete and deleted_after_seconds is not None and life not in look.unsure:
            first, since = since is None, since or look.observed_at
            waited = look.observed_at - since >= timedelta(seconds=deleted_after_seconds)
            if waited and (not first or deleted_after_seconds == 0):
                continue
        after[life] = resource
        if since is not None:
            still_missing[life] = since
    return Settled(after, still_missing)
