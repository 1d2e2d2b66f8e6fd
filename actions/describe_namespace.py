"""Describes one namespace as it is now."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, namespace_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    name = input["namespace"] or DEFAULT_NAMESPACE
    return namespace_described(context.index(input["index"]).describe_namespace(name=name))
