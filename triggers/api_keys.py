"""The API keys of the organization's projects: when one is created, changed or deleted. Needs a service account.

Pinecone never tells the keys themselves, only their names and roles.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import is_chosen

if TYPE_CHECKING:
    from pinecone.models.admin.api_key import APIKeyModel

EVENTS = ("api_key.created", "api_key.changed", "api_key.deleted")
DELETED_AFTER_SECONDS = 30
NEEDS_ADMIN = True
CONFIGURATION = ("name", "roles")


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:
    """List the keys of each project in turn, then ask by id for known ones that are not in the lists."""
    admin = context.admin
    projects = {project.id: project.name for project in admin.projects.list()}

    def look(project_id: str) -> Snapshot:
        keys = admin.api_keys.list(project_id=project_id)
        found = tuple(_resource(key, projects[project_id]) for key in keys)
        return Snapshot(found, complete=True, observed_at=context.now())

    chosen = [each for each, name in projects.items() if is_chosen(name, options["projects"])]
    looks = context.in_turn(chosen, look)
    seen = {each.life: each for found in looks.values() for each in found.resources}
    # With its project a key is gone, too; that of a project whose turn it was not is where it was.
    skipped = {
        life for life, key in before.items() if key.body["project_id"] in projects.keys() - looks.keys()
    }
    vanished = [life for life in before if life not in seen and life not in skipped]
    asked = vanished[: context.calls_left]
    for life in asked:
        if found := context.find(admin.api_keys.describe, api_key_id=life):
            seen[life] = _resource(found, before[life].body["project"])
    unsure = frozenset(skipped | set(vanished[len(asked) :]))
    return Snapshot(tuple(seen.values()), complete=True, observed_at=context.now(), unsure=unsure)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of keys that are gone, new or changed."""
    for life, was in before.items():
        if life not in after:
            yield NewEvent("api_key.deleted", was)
    for life, now in after.items():
        known = before.get(life)
        if known is None:
            yield NewEvent("api_key.created", now)
            continue
        old, new = known.body, now.body
        if changes := {name: [old[name], new[name]] for name in CONFIGURATION if old[name] != new[name]}:
            yield NewEvent("api_key.changed", now, changes=changes)


def _resource(key: APIKeyModel, project: str) -> Resource:
    roles = sorted(str(getattr(role, "value", role)) for role in key.roles)
    body = {"id": key.id, "name": key.name, "project_id": key.project_id, "project": project, "roles": roles}
    return Resource(key.name or key.id, key.id, None, body)
