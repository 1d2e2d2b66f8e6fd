"""Deletes a namespace and all its records."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it."""
    name = input["namespace"] or DEFAULT_NAMESPACE
    context.index(input["index"]).delete_namespace(name=name)
    return {"namespace": name, "deleted": True}
