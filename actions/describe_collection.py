"""Describes one collection as it is now."""

from __future__ import annotations

from actions import collection_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return collection_described(context.pinecone.collections.describe(input["collection"]))
