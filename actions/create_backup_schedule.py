"""Schedules backups of an index."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the schedule; it is enabled from the start, and an index has one that is."""
    return context.pinecone.backup_schedules.create(
        index_name=input["index"],
        name=input["name"],
        frequency=input["frequency"],
        retention_days=input["retention_days"],
    ).to_dict()
