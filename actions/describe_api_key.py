"""Describes one API key, without its value."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return context.admin.api_keys.describe(api_key_id=input["api_key_id"]).to_dict()
