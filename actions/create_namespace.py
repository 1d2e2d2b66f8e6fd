"""Creates an empty namespace, with the metadata fields that can be filtered by."""

from __future__ import annotations

from actions import namespace_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the namespace; without fields Pinecone makes every field filterable."""
    fields = input.get("filterable_fields")
    schema = {"fields": {name: {"filterable": True} for name in fields}} if fields else None
    return namespace_described(
        context.index(input["index"]).create_namespace(name=input["name"], schema=schema)
    )
