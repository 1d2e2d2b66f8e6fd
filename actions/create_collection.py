"""Copies an index on pods into a collection."""

from __future__ import annotations

from actions import collection_described
from actions.shared.creating import naming
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the collection as soon as Pinecone has accepted it; it is not ready yet."""
    with naming(input["name"]):
        made = context.pinecone.collections.create(name=input["name"], source=input["index"])
    return collection_described(made)
