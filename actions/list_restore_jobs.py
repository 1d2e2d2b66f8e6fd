"""Lists the restores of backups."""

from __future__ import annotations

from actions.shared import restoring
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return what Pinecone lists."""
    return {"restore_jobs": restoring.jobs(context)}
