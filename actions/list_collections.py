"""Lists the collections of the project."""

from __future__ import annotations

from actions import collection_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them."""
    return {"collections": [collection_described(each) for each in context.pinecone.collections.list()]}
