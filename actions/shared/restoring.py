"""What there is of backups and restores, as Pinecone lists it: its pages overlap, each thing is told once."""

from __future__ import annotations

from actions import next_page
from bridge.plugin import JSON, Context


def jobs(context: Context) -> list[JSON]:
    """Return the restore jobs of the project."""
    found: dict[str, JSON] = {}
    token = None
    while True:
        page = context.pinecone.restore_jobs.list(limit=100, pagination_token=token)
        found.update({job.restore_job_id: job.to_dict() for job in page})
        token = next_page(page)
        if not token:
            return [*found.values()]


def backups(context: Context, index: str | None = None, *, include_deleted: bool | None = None) -> list[JSON]:
    """Return the backups of an index, or of the project. include_deleted: of indexes that had this name, too."""
    which: JSON = {"index_name": index, "include_deleted": include_deleted}
    found: dict[str, JSON] = {}
    token = None
    while True:
        page = context.pinecone.backups.list(**which, limit=100, pagination_token=token)
        found.update({backup.backup_id: backup.to_dict() for backup in page})
        token = page.pagination.next if page.pagination else None
        if not token:
            return [*found.values()]
