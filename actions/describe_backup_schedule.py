"""Describes one backup schedule as it is now."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return context.pinecone.backup_schedules.describe(schedule_id=input["schedule_id"]).to_dict()
