"""Deletes a namespace and all its records."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it."""
    name = input["namespace"] or DEFAULT_NAMESPACE
    context.index(input["index"]).delete_namespace(name=name)
    return {"namespace": name}


def preview(context: Context, input: JSON) -> JSON:
    """Return how many records the namespace holds."""
    namespace = context.index(input["index"]).describe_namespace(name=input["namespace"] or DEFAULT_NAMESPACE)
    return {"record_count": namespace.record_count, "indexes": [input["index"]], "refused_because": None}
