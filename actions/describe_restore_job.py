"""Describes one restore job as it is now."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Ask Pinecone itself."""
    return context.pinecone.restore_jobs.describe(job_id=input["restore_job_id"]).to_dict()
