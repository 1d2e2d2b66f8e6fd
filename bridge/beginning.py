"""Beginning: before something is begun through the bridge, the watches that will tell of it have looked once.

The first look of a watch is silent: what it finds counts as there before. What an action is about to begin must not be
among that, so the first look comes first, also when the watch is a moment old.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from typing import Final

import structlog
from sqlmodel import col, select

from bridge import clock, errors, polling
from bridge.models import Watch
from bridge.runtime import Runtime

log = structlog.get_logger()
WAIT_SECONDS: Final = 10
"""How long a first look that is under way elsewhere is waited for."""
LOOK_SECONDS: Final = 0.05


def look_first(runtime: Runtime, connection_id: str, kinds: Collection[str]) -> None:
    """Give the active watches of these kinds the first look they have not had.

    One under way elsewhere is waited for. One that fails is told in its watch, and holds nothing up: what hinders it
    hinders the action, too.
    """
    tried: set[str] = set()
    until = clock.monotonic() + WAIT_SECONDS
    while waiting := _without_a_look(runtime, connection_id, kinds) - tried:
        if clock.monotonic() > until:
            log.warning("watches.not_looked_yet", watch_ids=sorted(waiting))
            return
        for watch_id in sorted(waiting):
            try:
                polled = polling.poll_now(runtime, watch_id)
            except (errors.Conflict, errors.NotFound):  # it is being polled, or was removed
                continue
            if polled.outcome == "failed":
                tried.add(watch_id)
        if waiting - tried:
            time.sleep(LOOK_SECONDS)


def _without_a_look(runtime: Runtime, connection_id: str, kinds: Collection[str]) -> set[str]:
    with runtime.database.read() as session:
        return set(
            session.exec(
                select(Watch.id).where(
                    Watch.connection_id == connection_id,
                    col(Watch.trigger).in_(kinds),
                    col(Watch.state) == "active",
                    col(Watch.baseline_at).is_(None),
                )
            )
        )
