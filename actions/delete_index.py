"""Deletes an index and everything in it."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it; the index is gone shortly after."""
    context.pinecone.indexes.delete(input["index"], timeout=-1)
    return {"name": input["index"], "status": "Terminating"}
