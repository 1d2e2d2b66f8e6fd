"""Telling: what a look means, as events; pure, but for the ids it gives."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge import clock
from bridge.absence import Settled
from bridge.choosing import Chooser
from bridge.models import Event, Watch, new_id
from bridge.plugin import NewEvent
from bridge.registry import TriggerPlugin
from bridge.resources import Known, Place, Shelf


@dataclass(frozen=True, slots=True)
class Start:
    """What a look begins with: the watch, what it selects, what is known of that, and what others select."""

    watch: Watch
    plugin: TriggerPlugin
    shelf: Shelf
    chooses: Chooser
    known: dict[str, Known]
    others: list[Chooser]


def tell(start: Start, settled: Settled, silent: Container[str] = ()) -> list[NewEvent]:
    """Say what happened. The first look tells only what another watch would have told, or all from the start.

    silent: lives in a part of the project that this watch has only now got to for the first time.
    """
    watch, diff = start.watch, start.plugin.diff
    before = {life: row.resource for life, row in start.known.items()}
    told = list(diff(before, settled.after, watch.options))
    if watch.baseline_at is not None:
        if watch.options.get("from_start"):
            return told
        return [event for event in told if event.resource.life not in silent or _others_tell(start, event)]
    told = [event for event in told if _others_tell(start, event)]
    if not watch.options.get("from_start"):
        return told
    already = {(event.type, event.resource.life) for event in told}
    first = diff({}, settled.after, watch.options)
    return [*(event for event in first if (event.type, event.resource.life) not in already), *told]


def _others_tell(start: Start, event: NewEvent) -> bool:
    return any(chooses(event.resource) for chooses in start.others)


def events(
    start: Start, told: Sequence[NewEvent], places: Mapping[str, Place], observed_at: datetime
) -> list[Event]:
    """Write what was told as event rows; `places` is where each resource now stands."""
    watch = start.watch
    rows: list[Event] = []
    # Ids sort by time: the order of what happened is the order of the ids.
    for event_id, found in zip(sorted(new_id("evt") for _ in told), told, strict=True):
        resource = found.resource
        resource_id, version = places[resource.life]
        owner = start.shelf.watch_id or watch.connection_id
        row = Event(
            id=event_id,
            dedupe_key=f"{owner} {found.type} {resource.life} {version}",
            type=found.type,
            connection_id=watch.connection_id,
            resource_id=resource_id,
            key=resource.key,
            life=resource.life,
            status=resource.status,
            previous_status=found.previous_status,
            changes=found.changes,
            data=resource.body,
            timestamp=_moment(found.timestamp) or observed_at,
            observed_at=observed_at,
        )
        rows.append(row)
    return rows


def _moment(text: str | None) -> datetime | None:
    try:
        return clock.parse(text) if text else None
    except ValueError:
        return None
