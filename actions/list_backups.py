"""Lists the backups of one index, or of the whole project."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them; pages may overlap while backups come and go, each is told once."""
    which = {"index_name": input.get("index"), "include_deleted": input.get("include_deleted")}
    backups, token = {}, None
    while True:
        page = context.pinecone.backups.list(**which, limit=100, pagination_token=token)
        backups.update({backup.backup_id: backup.to_dict() for backup in page})
        token = page.pagination.next if page.pagination else None
        if not token:
            return {"backups": [*backups.values()]}
