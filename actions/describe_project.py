"""Describes one project."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return context.admin.projects.describe(project_id=input["project_id"]).to_dict()
