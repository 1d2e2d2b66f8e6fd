"""Lists the projects of the organization."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all that the service account sees."""
    return {"projects": [project.to_dict() for project in context.admin.projects.list()]}
