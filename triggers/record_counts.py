"""The record counts of indexes and namespaces: when one changes, crosses a threshold or no longer changes.

Pinecone's counts lag a little behind writes, and an update of a record changes no count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import inside_indexes

EVENTS = ("record_count.changed", "record_count.threshold_crossed", "record_count.stale")
DELETED_AFTER_SECONDS = 0
OWN_ROWS = True


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:
    """Ask each index in turn for its statistics: one call, whatever the number of its namespaces."""

    def look(context: Context, name: str, host: str, living: Lives) -> Snapshot:
        stats = context.index(name, host).describe_index_stats()
        counts = {space: summary.vector_count for space, summary in stats.namespaces.items()}
        return _counted(context.now(), options, (name, host), _wanted(counts, options, living, host), living)

    return inside_indexes(context, options, before, look)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:
    """Tell of counts that changed, with the thresholds they crossed on the way, and of those that went stale."""
    for life, now in after.items():
        known = before.get(life)
        old, new = known.body["record_count"] if known else 0, now.body["record_count"]
        if old != new:
            changes = {"record_count": [old, new]}
            yield NewEvent("record_count.changed", now, changes=changes)
            low, high = sorted((old, new))
            if crossed := [bound for bound in sorted(options["thresholds"]) if low < bound <= high]:
                body = {**now.body, "crossed": crossed, "direction": "up" if new > old else "down"}
                yield NewEvent("record_count.threshold_crossed", replace(now, body=body), changes=changes)
        if now.body["stale"] and not (known and known.body["stale"]):
            yield NewEvent("record_count.stale", now, timestamp=now.body["changed_at"])


def _wanted(
    counts: Mapping[str, int], options: JSON, living: Lives, host: str
) -> dict[tuple[str | None, str], int]:
    """Return the counts asked for, by (namespace or None for the whole index, life).

    A namespace that no longer has records may be left out of the statistics: once more its count is told, as 0.
    """
    wanted: dict[tuple[str | None, str], int] = {}
    if options["count_by"] != "namespace":
        wanted[None, host] = sum(counts.values())
    if options["count_by"] != "index":
        wanted |= {(space, f"{host}/{space}"): count for space, count in counts.items()}
        for life, known in living.items():
            space = known.body["namespace"]
            if space is not None and space not in counts and known.body["record_count"]:
                wanted[space, life] = 0
    return wanted


def _counted(
    now: datetime,
    options: JSON,
    place: tuple[str, str],
    counts: dict[tuple[str | None, str], int],
    living: Lives,
) -> Snapshot:
    """Make resources of counts: `changed_at` is when a look first saw this count."""
    index, host = place
    resources = []
    for (space, life), count in counts.items():
        known = living.get(life)
        since = now.isoformat().replace("+00:00", "Z")
        if known and known.body["record_count"] == count:
            since = known.body["changed_at"]
        body: dict[str, Any] = {"index": index, "host": host, "namespace": space, "record_count": count}
        body |= {"changed_at": since, "stale": _is_stale(since, now, options.get("stale_after_hours"))}
        resources.append(Resource(index if space is None else f"{index}/{space}", life, None, body))
    return Snapshot(tuple(resources), complete=True, observed_at=now)


def _is_stale(since: str, now: datetime, after_hours: int | None) -> bool:
    return after_hours is not None and now - datetime.fromisoformat(since) >= timedelta(hours=after_hours)
