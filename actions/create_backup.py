"""Starts a backup of an index."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the backup as soon as Pinecone has accepted it; it is not ready yet."""
    backup = context.pinecone.backups.create(
        index_name=input["index"], name=input.get("name"), description=input.get("description")
    )
    return backup.to_dict()
