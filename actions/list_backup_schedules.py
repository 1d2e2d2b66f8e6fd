"""Lists the backup schedules of an index."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them, disabled ones too."""
    schedules = context.pinecone.backup_schedules.iter_schedules(index_name=input["index"])
    return {"backup_schedules": [schedule.to_dict() for schedule in schedules]}
