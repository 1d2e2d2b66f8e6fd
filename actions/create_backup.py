"""Starts a backup of an index."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the backup as soon as Pinecone has accepted it; it is not ready yet."""
    backup = context.pinecone.backups.create(
        index_name=input["index"], name=input.get("name"), description=input.get("description")
    )
    return backup.to_dict()


def look(context: Context, input: JSON) -> dict[str, JSON]:
    """Return the index's backups of that name, by id."""
    found, token = [], None
    while True:
        page = context.pinecone.backups.list(index_name=input["index"], limit=100, pagination_token=token)
        found += [backup.to_dict() for backup in page if (backup.name or None) == input.get("name")]
        token = page.pagination.next if page.pagination else None
        if not token:
            return {backup["backup_id"]: backup for backup in found}
