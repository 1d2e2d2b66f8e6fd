"""The backup schedules: when one is created, changed or deleted in an index, and when its run did not come."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import inside_indexes, pages

if TYPE_CHECKING:
    from pinecone.models.backups.schedules import BackupScheduleHistoryItem, BackupScheduleModel

EVENTS = (
    "backup_schedule.created",
    "backup_schedule.changed",
    "backup_schedule.missed",
    "backup_schedule.deleted",
)
DELETED_AFTER_SECONDS = 30
CONFIGURATION = ("name", "frequency", "retention_expire_after_days", "enabled")
GRACE = timedelta(minutes=30)
"""How long after its time a run may come, and how far its backup's name may be from that time."""
STAMP = re.compile(r"-(\d{8}T\d{6})Z$")


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:
    """List the schedules of each index in turn, and the history of those whose time had come."""
    return inside_indexes(context, options, before, _look)


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of schedules that are gone, new or changed, and of runs that did not come."""
    for life, was in before.items():
        if life not in after:
            yield NewEvent("backup_schedule.deleted", replace(was, status=None))
    for life, now in after.items():
        known = before.get(life)
        if known is None:
            yield NewEvent("backup_schedule.created", now, timestamp=now.body["created_at"])
            continue
        old, new = known.body, now.body
        if changes := {name: [old[name], new[name]] for name in CONFIGURATION if old[name] != new[name]}:
            yield NewEvent("backup_schedule.changed", now, changes=changes)
        if new["missed_run"] not in (None, old["missed_run"]):
            yield NewEvent("backup_schedule.missed", now, timestamp=new["missed_run"])


def _look(context: Context, name: str, host: str, living: Lives) -> Snapshot:
    """List the schedules of one index; describe known ones that are not in the list."""
    schedules = context.pinecone.backup_schedules
    found = {each.schedule_id: each for page in pages(schedules.list, index_name=name) for each in page}
    vanished = [life for life in living if life not in found]
    asked = vanished[: context.calls_left]
    for life in asked:
        if described := context.find(schedules.describe, schedule_id=life):
            found[life] = described
    seen = (_resource(context, name, host, each, living.get(life)) for life, each in found.items())
    unsure = frozenset(vanished[len(asked) :])
    return Snapshot(tuple(seen), complete=True, observed_at=context.now(), unsure=unsure)


def _resource(
    context: Context, index: str, host: str, schedule: BackupScheduleModel, known: Resource | None
) -> Resource:
    """Add to a schedule what became of its runs: the one awaited, the last that came, the last that did not."""
    runs = dict.fromkeys(("awaited_run", "last_run", "missed_run"))
    if known and schedule.enabled:
        runs = {name: known.body[name] for name in runs}
        planned = known.body["next_scheduled_run"]
        if planned and not runs["awaited_run"] and planned not in (runs["last_run"], runs["missed_run"]):
            runs["awaited_run"] = planned if _at(planned) <= context.now() else None
        if awaited := runs["awaited_run"]:
            history = (each for page in pages(context.pinecone.backup_schedules.history,
                       schedule_id=schedule.schedule_id) for each in page)  # fmt: skip
            if any(_is_run(each, _at(awaited)) for each in history):
                runs |= {"last_run": awaited, "awaited_run": None}
            elif context.now() - _at(awaited) > GRACE:
                runs |= {"missed_run": awaited, "awaited_run": None}
    body = {"index": index, "host": host, **schedule.to_dict(), **runs}
    return Resource(schedule.schedule_id, schedule.schedule_id, None, body)


def _is_run(backup: BackupScheduleHistoryItem, planned: datetime) -> bool:
    """Whether a backup is that of the run planned for this time: its name says when it ran."""
    if backup.is_scheduled:
        return False
    stamp = STAMP.search(backup.name or "")
    ran = datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC) if stamp else backup.created_at
    return abs(ran - planned) <= GRACE


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
