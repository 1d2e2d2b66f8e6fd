"""The namespaces: when one is created or deleted in an index.

How many records they have is another kind's (record_counts): here it would be news at every look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import inside_indexes, pages

if TYPE_CHECKING:
    from pinecone.models.namespaces.models import NamespaceDescription

EVENTS = ("namespace.created", "namespace.deleted")
DELETED_AFTER_SECONDS = 30


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:
    """Page through the namespaces of each index in turn."""
    return inside_indexes(context, options, before, _look)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of namespaces that are gone, then of new ones."""
    for life, was in before.items():
        if life not in after:
            yield NewEvent("namespace.deleted", replace(was, status=None))
    for life, now in after.items():
        if life not in before:
            yield NewEvent("namespace.created", now)


def _look(context: Context, name: str, host: str, living: Lives) -> Snapshot:
    """List the namespaces of one index; describe known ones that are not in the list."""
    index = context.index(name, host)
    found = [each for page in pages(index.list_namespaces_paginated) for each in page.namespaces]
    seen = {resource.life: resource for resource in (_resource(name, host, each) for each in found)}
    vanished = [life for life in living if life not in seen]
    asked = vanished[: context.calls_left]
    for life in asked:
        if described := context.find(index.describe_namespace, name=living[life].body["name"]):
            seen[life] = _resource(name, host, described)
    unsure = frozenset(vanished[len(asked) :])
    return Snapshot(tuple(seen.values()), complete=True, observed_at=context.now(), unsure=unsure)


def _resource(index: str, host: str, namespace: NamespaceDescription) -> Resource:
    described = namespace.to_dict()
    body = {"index": index, "host": host, "name": namespace.name}
    body |= {name: described[name] for name in ("schema", "indexed_fields")}
    return Resource(f"{index}/{namespace.name}", f"{host}/{namespace.name}", None, body)
