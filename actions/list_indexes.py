"""Lists every index of the project."""

from __future__ import annotations

from actions import described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them: a project has no more than a list can hold."""
    return {"indexes": [described(index) for index in context.pinecone.indexes.list()]}
