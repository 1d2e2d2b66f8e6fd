"""Deletes a backup."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it; it refuses while the backup is being restored."""
    context.pinecone.backups.delete(backup_id=input["backup_id"])
    return {"backup_id": input["backup_id"]}


def preview(context: Context, input: JSON) -> JSON:
    """Return how many records the backup holds, and of which index."""
    backup = context.pinecone.backups.describe(backup_id=input["backup_id"])
    return {
        "record_count": backup.record_count,
        "indexes": [backup.source_index_name],
        "refused_because": None,
    }
