"""Creates an API key of a project; its value is told this one time."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the key with its value, which nobody keeps: neither Pinecone nor the bridge."""
    made = context.admin.api_keys.create(
        project_id=input["project_id"], name=input["name"], roles=input.get("roles")
    )
    return {**made.key.to_dict(), "value": made.value}
