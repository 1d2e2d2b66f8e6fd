"""Lists the API keys of a project, without their values."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them."""
    keys = context.admin.api_keys.list(project_id=input["project_id"])
    return {"api_keys": [key.to_dict() for key in keys]}
