"""Describes one backup as it is now."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return context.pinecone.backups.describe(backup_id=input["backup_id"]).to_dict()
