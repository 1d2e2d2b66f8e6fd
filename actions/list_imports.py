"""Lists the imports into an index."""

from __future__ import annotations

from actions import import_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all that Pinecone remembers."""
    return {"imports": [import_described(each) for each in context.index(input["index"]).list_imports()]}
