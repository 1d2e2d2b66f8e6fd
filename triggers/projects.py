"""The projects of the organization: when one is created, changed or deleted. Needs a service account."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot

if TYPE_CHECKING:
    from pinecone.models.admin.project import ProjectModel

EVENTS = ("project.created", "project.changed", "project.deleted")
DELETED_AFTER_SECONDS = 30
NEEDS_ADMIN = True
CONFIGURATION = ("name", "max_pods", "force_encryption_with_cmek")


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:  # noqa: ARG001 - the contract
    """List the projects, then ask by id for known ones that are not in the list."""
    projects = context.admin.projects
    seen = {project.id: _resource(project) for project in projects.list()}
    vanished = [life for life in before if life not in seen]
    asked = vanished[: context.calls_left]
    for life in asked:
        if found := context.find(projects.describe, project_id=life):
            seen[life] = _resource(found)
    unsure = frozenset(vanished[len(asked) :])
    return Snapshot(tuple(seen.values()), complete=True, observed_at=context.now(), unsure=unsure)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of projects that are gone, new or changed."""
    for life, was in before.items():
        if life not in after:
            yield NewEvent("project.deleted", was)
    for life, now in after.items():
        known = before.get(life)
        if known is None:
            yield NewEvent("project.created", now, timestamp=now.body["created_at"])
            continue
        old, new = known.body, now.body
        if changes := {name: [old[name], new[name]] for name in CONFIGURATION if old[name] != new[name]}:
            yield NewEvent("project.changed", now, changes=changes)


def _resource(project: ProjectModel) -> Resource:
    return Resource(project.name, project.id, None, project.to_dict())
