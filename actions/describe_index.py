"""Describes one index as it is now."""

from __future__ import annotations

from actions import described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself: the state of an index changes faster than what the context remembers."""
    return described(context.pinecone.indexes.describe(input["index"]))
