"""Restores a backup into a new index."""

from __future__ import annotations

from actions.shared.creating import naming
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the restore job as soon as Pinecone has accepted it."""
    choices = ("deletion_protection", "tags", "read_capacity")
    chosen = {name: input[name] for name in choices if input.get(name)}
    with naming(input["name"]):
        started = context.pinecone.create_index_from_backup(
            name=input["name"], backup_id=input["backup_id"], **chosen, timeout=-1
        )
    return {
        "restore_job_id": started.restore_job_id,
        "index_id": started.index_id,
        "name": input["name"],
        "backup_id": input["backup_id"],
    }
