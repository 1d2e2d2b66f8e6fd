"""Describes one import as it is now."""

from __future__ import annotations

from actions import import_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return import_described(context.index(input["index"]).describe_import(input["import_id"]))
