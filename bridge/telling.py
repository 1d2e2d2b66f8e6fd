"""Telling: what a look means, as events; pure, but for the ids it gives."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

from bridge import clock
from bridge.absence import Settled
from bridge.choosing import Chooser
from bridge.models import Event, Watch, new_id
from bridge.plugin import NewEvent, Resource, Snapshot
from bridge.registry import TriggerPlugin
from bridge.resources import Known, Place, Shelf


@dataclass(frozen=True, slots=True)
class Start:
    """What a look begins with: the watch, what it selects, what is known of that, and what others select.

    chooses: what it knows of. tells: of that, what it tells of. others, paused: what the other watches of these
    rows select, and of these the ones that are paused. already: (event type, life) told before, if that matters.
    """

    watch: Watch
    plugin: TriggerPlugin
    shelf: Shelf
    chooses: Chooser
    tells: Chooser
    known: dict[str, Known]
    others: list[Chooser]
    paused: list[Chooser]
    already: AbstractSet[tuple[str, str]] = frozenset()


def leave_alone(start: Start, look: Snapshot) -> Snapshot:
    """Take from a look what only watches that are paused tell of: they tell the net change when they go on."""
    if not start.paused:
        return look
    seen = {resource.life: resource for resource in look.resources}
    known = {life: row.resource for life, row in start.known.items()}
    at_work = [start.tells, *(chooses for chooses in start.others if chooses not in start.paused)]
    theirs = frozenset(
        life
        for life in known.keys() | seen.keys()
        if not any(tells(each[life]) for tells in at_work for each in (seen, known) if life in each)
    )
    kept = tuple(resource for resource in look.resources if resource.life not in theirs)
    return replace(look, resources=kept, unsure=look.unsure | theirs)


def tell(start: Start, settled: Settled, silent: Container[str] = ()) -> list[NewEvent]:
    """Say what happened. The first look tells only what another watch would have told, or all from the start.

    silent: lives in a part of the project that this watch has only now got to for the first time.
    """
    watch, diff = start.watch, start.plugin.diff
    before = {life: row.resource for life, row in start.known.items()}
    told = [
        event
        for event in diff(before, settled.after, watch.options)
        if _tells(start, event, before) or _others_tell(start, event)
    ]
    if watch.baseline_at is not None:
        if watch.options.get("from_start"):
            return told
        return [event for event in told if event.resource.life not in silent or _others_tell(start, event)]
    told = [event for event in told if _others_tell(start, event)]
    if not watch.options.get("from_start"):
        return told
    already = start.already | {(event.type, event.resource.life) for event in told}
    first = [event for event in diff({}, settled.after, watch.options) if start.tells(event.resource)]
    return [*(event for event in first if (event.type, event.resource.life) not in already), *told]


def _tells(start: Start, event: NewEvent, before: Mapping[str, Resource]) -> bool:
    """Whether the watch selects the resource as it is or as it was: that it gained or lost a tag is told."""
    was = before.get(event.resource.life)
    return start.tells(event.resource) or (was is not None and start.tells(was))


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
