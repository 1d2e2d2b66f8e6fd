"""Deletes a backup schedule; the backups it made stay until they expire."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it."""
    context.pinecone.backup_schedules.delete(schedule_id=input["schedule_id"])
    return {"schedule_id": input["schedule_id"], "deleted": True}
