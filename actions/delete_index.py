"""Deletes an index and everything in it."""

from __future__ import annotations

from bridge.plugin import JSON, Context

PROTECTED = "its deletion protection is enabled; switch it off with configure_index first"


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it; the index is gone shortly after."""
    context.pinecone.indexes.delete(input["index"], timeout=-1)
    return {"index": input["index"], "status": "Terminating"}


def preview(context: Context, input: JSON) -> JSON:
    """Return how many records the index holds, and whether its deletion protection is in the way."""
    index = context.pinecone.indexes.describe(input["index"])
    ready = index.status.ready
    stats = context.index(input["index"], str(index.host)).describe_index_stats() if ready else None
    return {
        "record_count": stats.total_vector_count if stats else None,
        "indexes": [input["index"]],
        "refused_because": PROTECTED if index.deletion_protection == "enabled" else None,
    }
