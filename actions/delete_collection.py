"""Deletes a collection."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it; the collection is gone shortly after."""
    context.pinecone.collections.delete(input["collection"])
    return {"name": input["collection"], "deleted": True}
