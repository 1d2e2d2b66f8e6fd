"""Deletes an empty project."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it; it refuses while the project holds anything."""
    context.admin.projects.delete(project_id=input["project_id"])
    return {"project_id": input["project_id"]}


def preview(context: Context, input: JSON) -> JSON:
    """Return what is known: a project that is not there is an error."""
    context.admin.projects.describe(project_id=input["project_id"])
    return {"record_count": None, "indexes": [], "refused_because": None}
