"""Deletes a collection."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it; the collection is gone shortly after."""
    context.pinecone.collections.delete(input["collection"])
    return {"collection": input["collection"]}


def preview(context: Context, input: JSON) -> JSON:
    """Return how many records the collection holds."""
    collection = context.pinecone.collections.describe(input["collection"])
    return {"record_count": collection.vector_count, "indexes": [], "refused_because": None}
