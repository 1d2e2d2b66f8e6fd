"""Lists the restores of backups."""

from __future__ import annotations

from actions import next_page
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return what Pinecone lists; its pages overlap, each job is told once."""
    jobs: dict[str, JSON] = {}
    token = None
    while True:
        page = context.pinecone.restore_jobs.list(limit=100, pagination_token=token)
        jobs.update({job.restore_job_id: job.to_dict() for job in page})
        token = next_page(page)
        if not token:
            return {"restore_jobs": [*jobs.values()]}
