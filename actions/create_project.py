"""Creates a project in the organization of the service account."""

from __future__ import annotations

from bridge.plugin import JSON, Context

OPTIONS = ("max_pods", "force_encryption_with_cmek")


def run(context: Context, input: JSON) -> JSON:
    """Return the new project; names need not be unique."""
    options = {name: input[name] for name in OPTIONS if name in input}
    return context.admin.projects.create(name=input["name"], **options).to_dict()


def look(context: Context, input: JSON) -> dict[str, JSON]:
    """Return the projects of that name, by id."""
    projects = (project.to_dict() for project in context.admin.projects.list())
    return {project["id"]: project for project in projects if project["name"] == input["name"]}
