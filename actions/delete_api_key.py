"""Revokes an API key for good."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it: whoever uses the key is refused from then on."""
    context.admin.api_keys.delete(api_key_id=input["api_key_id"])
    return {"api_key_id": input["api_key_id"]}


def preview(context: Context, input: JSON) -> JSON:
    """Return what is known: a key that is not there is an error."""
    context.admin.api_keys.describe(api_key_id=input["api_key_id"])
    return {"record_count": None, "indexes": [], "refused_because": None}
