"""Creates an API key of a project; its value is told this one time."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the key with its value, which nobody keeps: neither Pinecone nor the bridge."""
    made = context.admin.api_keys.create(
        project_id=input["project_id"], name=input["name"], roles=input.get("roles")
    )
    return {**made.key.to_dict(), "value": made.value}


def look(context: Context, input: JSON) -> dict[str, JSON]:
    """Return the project's keys of that name, by id, without their values."""
    keys = (key.to_dict() for key in context.admin.api_keys.list(project_id=input["project_id"]))
    return {key["id"]: key for key in keys if key["name"] == input["name"]}
