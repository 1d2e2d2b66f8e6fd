"""The indexes: when one is created, becomes ready, fails, scales, is disabled, configured or deleted.

An index has no id in Pinecone's API: its host tells one existence from the next under the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot

if TYPE_CHECKING:
    from pinecone.models.indexes.index import IndexModel

EVENTS = (
    "index.created",
    "index.status_changed",
    "index.ready",
    "index.failed",
    "index.scaled",
    "index.disabled",
    "index.configured",
    "index.deleted",
)
DELETED_AFTER_SECONDS = 0
REACHED = {"Failed": "index.failed", "InitializationFailed": "index.failed", "Disabled": "index.disabled"}
CONFIGURATION = ("deletion_protection", "deployment", "read_capacity", "schema", "tags")


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:  # noqa: ARG001 - the contract
    """List the project's indexes; describe those that were known and are not in the list."""
    seen = {found.life: found for found in map(_resource, context.pinecone.indexes.list()) if found}
    names = {found.key for found in seen.values()}
    # Under its name with another host it was deleted and made anew: nothing is left to ask.
    vanished = [known for life, known in before.items() if life not in seen and known.key not in names]
    asked = vanished[: context.calls_left]
    for known in asked:
        if found := _look_again(context, known):
            seen[found.life] = found
    return Snapshot(
        tuple(seen.values()),
        complete=True,
        observed_at=context.now(),
        unsure=frozenset(known.life for known in vanished[len(asked) :]),
        doubtful=frozenset(life for life, now in seen.items() if _flickers(before.get(life), now)),
    )


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of the lives that ended, then of those that began or moved on."""
    for life, was in before.items():
        if life not in after:
            yield NewEvent("index.deleted", replace(was, status=None), previous_status=was.status)
    for life, now in after.items():
        known = before.get(life)
        if known is None:
            yield from _began(now)
        elif known != now:
            yield from _moved(known, now)


def _began(now: Resource) -> Iterator[NewEvent]:
    yield NewEvent("index.created", now)
    if now.body["status"]["ready"]:
        yield NewEvent("index.ready", now)
    if now.status in REACHED:
        yield NewEvent(REACHED[now.status], now)


def _moved(was: Resource, now: Resource) -> Iterator[NewEvent]:
    types = []
    if now.status != was.status:
        types.append("index.status_changed")
        if now.status in REACHED and REACHED[now.status] != REACHED.get(str(was.status)):
            types.append(REACHED[now.status])
    if now.body["status"]["ready"]:
        if not was.body["status"]["ready"]:
            types.append("index.ready")
        if _is_scaling(was) and not _is_scaling(now):
            types.append("index.scaled")
    for event_type in types:
        yield NewEvent(event_type, now, previous_status=was.status)
    old, new = _configuration(was), _configuration(now)
    changes = {name: [old[name], new[name]] for name in CONFIGURATION if old[name] != new[name]}
    if changes:
        yield NewEvent("index.configured", now, previous_status=was.status, changes=changes)


def _flickers(was: Resource | None, now: Resource) -> bool:
    """Whether an index that was ready says that it is not, in a state that explains nothing."""
    left_ready = was is not None and was.body["status"]["ready"] and not now.body["status"]["ready"]
    return left_ready and now.status in ("Ready", "Initializing")


def _look_again(context: Context, known: Resource) -> Resource | None:
    """Ask for one index by its name; None only when Pinecone says that it does not exist.

    The SDK leaves out of the list what it cannot read (a field type of a newer API, say). Such an index fails
    here too, and stays as it was last seen.
    """
    try:
        model = context.find(context.pinecone.indexes.describe, known.key)
    except Exception:  # noqa: BLE001 - any answer but "no such index" leaves it as it was
        return known
    return None if model is None else _resource(model) or known


def _resource(model: IndexModel) -> Resource | None:
    """Return an index as a resource; None while it has no host, which is to tell it from its namesakes."""
    if not model.host:
        return None
    # Not its to_dict(): the older views of deployment and schema that it adds cost ten times the rest.
    body = {**msgspec.to_builtins(model), "schema": model.schema.to_dict()}
    for ambiguous in ("dimension", "metric", "vector_type"):  # they fail where the schema has no one answer
        body[ambiguous] = getattr(model, ambiguous, None)
    return Resource(key=model.name, life=model.host, status=model.status.state, body=body)


def _is_scaling(index: Resource) -> bool:
    capacity = index.body["read_capacity"] or {}
    reading = capacity.get("status", {}).get("state")
    return str(index.status).startswith("Scaling") or reading in ("Scaling", "Migrating")


def _configuration(index: Resource) -> dict[str, Any]:
    """Return what a user can set: the body's part of it, without the state of the read capacity."""
    capacity = index.body["read_capacity"]
    settings = capacity and {name: value for name, value in capacity.items() if name != "status"}
    return {name: index.body[name] for name in CONFIGURATION} | {"read_capacity": settings}
