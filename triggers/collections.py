"""The collections: when one is created, becomes ready or is deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot

if TYPE_CHECKING:
    from pinecone.models.collections.model import CollectionModel

EVENTS = ("collection.created", "collection.ready", "collection.deleted")
DELETED_AFTER_SECONDS = 30


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:  # noqa: ARG001 - the contract
    """List the project's collections, then ask by name for known ones that are not in the list."""
    collections = context.pinecone.collections
    seen = {collection.name: _resource(collection) for collection in collections.list()}
    vanished = [life for life in before if life not in seen]
    asked = vanished[: context.calls_left]
    for life in asked:
        if found := context.find(collections.describe, life):
            seen[life] = _resource(found)
    unsure = frozenset(vanished[len(asked) :])
    return Snapshot(tuple(seen.values()), complete=True, observed_at=context.now(), unsure=unsure)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of collections that are gone, new or ready.

    A collection has nothing but its name; one that was ready and is being made again is another one.
    """
    for life, was in before.items():
        if life not in after:
            yield NewEvent("collection.deleted", replace(was, status=None), previous_status=was.status)
    for life, now in after.items():
        known = before.get(life)
        if known and known.status == "Ready" and now.status == "Initializing":
            yield NewEvent("collection.deleted", replace(known, status=None), previous_status=known.status)
            known = None
        if known is None:
            yield NewEvent("collection.created", now)
        if now.status == "Ready" and (known is None or known.status != "Ready"):
            yield NewEvent("collection.ready", now, previous_status=known.status if known else None)


def _resource(collection: CollectionModel) -> Resource:
    return Resource(collection.name, collection.name, collection.status, collection.to_dict())
