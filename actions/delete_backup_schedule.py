"""Deletes a backup schedule; the backups it made stay until they expire."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return as soon as Pinecone has accepted it."""
    context.pinecone.backup_schedules.delete(schedule_id=input["schedule_id"])
    return {"schedule_id": input["schedule_id"]}


def preview(context: Context, input: JSON) -> JSON:
    """Return what is known: a schedule that is not there is an error; its backups stay."""
    context.pinecone.backup_schedules.describe(schedule_id=input["schedule_id"])
    return {"record_count": None, "indexes": [], "refused_because": None}
