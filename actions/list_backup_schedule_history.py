"""Lists the backups that a schedule made, and the one it makes next."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them, in Pinecone's order."""
    history = context.pinecone.backup_schedules.iter_history(schedule_id=input["schedule_id"])
    return {"backups": [run.to_dict() for run in history]}
