"""The bulk imports: when one is created in an index, completes, fails or is cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import inside_indexes, pages

if TYPE_CHECKING:
    from pinecone.models.imports.model import ImportModel

EVENTS = ("import.created", "import.completed", "import.failed", "import.cancelled")
DELETED_AFTER_SECONDS = None
ENDED = {"Completed": "import.completed", "Failed": "import.failed", "Cancelled": "import.cancelled"}


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:
    """Page through the imports of each index in turn, at every look where one is under way."""
    urgent = {known.body["host"] for known in before.values() if known.status not in ENDED}
    return inside_indexes(context, options, before, _look, urgent)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of new imports by the time Pinecone gives, and of each end once."""
    for life in sorted(after, key=lambda life: str(after[life].body["created_at"])):
        now, was = after[life], before.get(life)
        if was is None:
            yield NewEvent("import.created", now, timestamp=now.body["created_at"])
        if now.status in ENDED and (was is None or was.status not in ENDED):
            old = was.status if was else None
            yield NewEvent(ENDED[now.status], now, previous_status=old, timestamp=now.body["finished_at"])


def _look(context: Context, name: str, host: str, living: Lives) -> Snapshot:
    index = context.index(name, host)
    found = [_resource(name, host, each) for page in pages(index.list_imports_paginated) for each in page]
    seen = {resource.life: resource for resource in found}
    missing = [life for life, known in living.items() if life not in seen and known.status not in ENDED]
    for life in missing[: context.calls_left]:
        if described := context.find(index.describe_import, living[life].body["id"]):
            seen[life] = _resource(name, host, described)
    # One that has ended stays so, whatever an older page still says.
    kept = (living[life] if _has_ended(living.get(life)) else now for life, now in seen.items())
    return Snapshot(tuple(kept), complete=False, observed_at=context.now())


def _has_ended(known: Resource | None) -> bool:
    return known is not None and known.status in ENDED


def _resource(index: str, host: str, found: ImportModel) -> Resource:
    body = {"index": index, "host": host, **found.to_dict()}
    return Resource(f"{index}/{found.id}", f"{host}/{found.id}", found.status, body)
