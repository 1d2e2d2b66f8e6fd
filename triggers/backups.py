"""The backups: when one is created, becomes ready, fails, is deleted, or expires by its schedule's retention."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import pages

if TYPE_CHECKING:
    from pinecone.models.backups.model import BackupModel

EVENTS = ("backup.created", "backup.ready", "backup.failed", "backup.expired", "backup.deleted")
DELETED_AFTER_SECONDS = 30
REACHED = {"Ready": "backup.ready", "Failed": "backup.failed", "InitializationFailed": "backup.failed"}
EXPIRED = "Expired"
"""Our word for a backup that is gone because its schedule kept it no longer; its row goes soon after."""
SCHEDULED = re.compile(r"(.+)-\d{8}T\d{6}Z")
"""The names of backups that schedules make: the schedule's, and when it ran."""


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:  # noqa: ARG001 - the contract
    """Page through the project's backups, then ask by id for known ones that are not in the list."""
    backups = context.pinecone.backups
    seen = {each.backup_id: _resource(each) for page in pages(backups.list) for each in page}
    vanished = [life for life in before if life not in seen and before[life].status != EXPIRED]
    asked = vanished[: context.calls_left]
    kept: dict[str, dict[str, int]] = {}
    for life in asked:
        if found := context.find(backups.describe, backup_id=life):
            seen[life] = _resource(found)
        elif _has_expired(context, before[life], kept):
            seen[life] = replace(before[life], status=EXPIRED)
    unsure = frozenset(vanished[len(asked) :])
    return Snapshot(tuple(seen.values()), complete=True, observed_at=context.now(), unsure=unsure)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of backups that are gone, then of new ones by the time Pinecone gives and of what they became."""
    for life, was in before.items():
        now = after.get(life)
        if was.status != EXPIRED and (now is None or now.status == EXPIRED):
            event_type = "backup.deleted" if now is None else "backup.expired"
            yield NewEvent(event_type, replace(was, status=None), previous_status=was.status)
    for life in sorted(after, key=lambda life: str(after[life].body["created_at"] or "")):
        now, known = after[life], before.get(life)
        old = known.status if known else None
        if known is None:
            yield NewEvent("backup.created", now, timestamp=now.body["created_at"])
        if now.status in REACHED and REACHED[now.status] != REACHED.get(str(old)) and old != EXPIRED:
            yield NewEvent(REACHED[now.status], now, previous_status=old)


def _has_expired(context: Context, backup: Resource, kept: dict[str, dict[str, int]]) -> bool:
    """Whether a backup that Pinecone no longer has was made by a schedule, and older than it keeps them.

    kept: {index: {name of a schedule: days}}, asked for once in a look. What cannot be asked was deleted.
    """
    name = SCHEDULED.fullmatch(backup.body["name"] or "")
    if not name or not backup.body["created_at"]:
        return False
    index = backup.body["source_index_name"]
    if index not in kept:
        kept[index] = _kept_days(context, index)
    days = kept[index].get(name[1])
    made = datetime.fromisoformat(backup.body["created_at"])
    return days is not None and made + timedelta(days=days) <= context.now()


def _kept_days(context: Context, index: str) -> dict[str, int]:
    schedules = context.pinecone.backup_schedules
    try:
        found = [each for page in pages(schedules.list, index_name=index) for each in page]
    except Exception:  # noqa: BLE001 - the index is gone, or the plan has no schedules: then nothing expires by one
        return {}
    return {each.name: each.retention_expire_after_days for each in found}


def _resource(backup: BackupModel) -> Resource:
    return Resource(key=backup.backup_id, life=backup.backup_id, status=backup.status, body=backup.to_dict())
