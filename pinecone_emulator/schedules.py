"""Owns the verbs of backup schedules: orders that back an index up daily, weekly or monthly, and what they made."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pinecone_emulator import backups, indexes
from pinecone_emulator.catalogue import remove_schedule, save_backup, save_schedule
from pinecone_emulator.errors import (
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from pinecone_emulator.lifecycle import index_state
from pinecone_emulator.model import Backup, BackupView, Frequency, Index, Schedule
from pinecone_emulator.names import check_length, new_id

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend

DAY_SECONDS = 86_400.0
RUN_HOUR = 6
LAST_DAY = 28
LONGEST_RETENTION_DAYS = 3_650
NAME_LENGTH = 512


def next_run(frequency: Frequency, after: float) -> float:
    """Return when a schedule planned at this time runs: at 06:00 UTC a day, a week or a month later.

    A monthly one runs on no later day than the 28th, which every month has.
    """
    at = datetime.fromtimestamp(after, UTC).replace(hour=RUN_HOUR, minute=0, second=0, microsecond=0)
    if frequency == "monthly":
        first = (at.replace(day=1) + timedelta(days=31)).replace(day=1)
        return first.replace(day=min(at.day, LAST_DAY)).timestamp()
    return (at + timedelta(days=7 if frequency == "weekly" else 1)).timestamp()


def create(
    backend: Backend,
    project_id: str,
    index_name: str,
    *,
    name: str,
    frequency: Frequency,
    retention_days: int,
) -> Schedule:
    """Schedule backups of an index.

    Raises PermissionDeniedError by plan, NotFoundError, InvalidArgumentError (also for an index on pods),
    AlreadyExistsError if the index has an enabled schedule.
    """
    _check_plan(backend)
    check_length(name, NAME_LENGTH, "Backup schedule name")
    _check_retention(retention_days)
    with backend.deciding:
        index = indexes.find(backend, project_id, index_name)
        if index.blueprint.deployment == "pod":
            raise InvalidArgumentError(
                "Bad request. Backup schedules are not supported for pod-based indexes."
            )
        _check_only_one(backend, index.id)
        now = backend.clock.now()
        schedule = Schedule(
            new_id(),
            project_id,
            index.id,
            name,
            frequency,
            retention_days,
            enabled=True,
            created_at=now,
            next_run_at=next_run(frequency, now),
            planned_backup_id=new_id(),
            planned_at=now,
        )
        _save(backend, schedule)
    return schedule


def of_index(backend: Backend, project_id: str, index_name: str) -> list[Schedule]:
    """Return an index's schedules, oldest first. Raises PermissionDeniedError, NotFoundError."""
    _check_plan(backend)
    index = indexes.find(backend, project_id, index_name)
    return [schedule for schedule in backend.catalogue.schedules() if schedule.index_id == index.id]


def find(backend: Backend, project_id: str, schedule_id: str) -> Schedule:
    """Return the schedule of this id. Raises PermissionDeniedError, NotFoundError."""
    _check_plan(backend)
    schedule = backend.catalogue.schedule(project_id, schedule_id)
    if schedule is None:
        raise NotFoundError("Backup schedule not found.")
    return schedule


def update(
    backend: Backend,
    project_id: str,
    schedule_id: str,
    *,
    frequency: Frequency | None,
    retention_days: int | None,
    enabled: bool | None,
) -> Schedule:
    """Change a schedule; what is planned anew is planned from now. Raises as `find` and `create`."""
    if retention_days is not None:
        _check_retention(retention_days)
    with backend.deciding:
        before = find(backend, project_id, schedule_id)
        if enabled and not before.enabled:
            _check_only_one(backend, before.index_id)
        after = replace(
            before,
            frequency=frequency or before.frequency,
            retention_days=retention_days or before.retention_days,
            enabled=before.enabled if enabled is None else enabled,
        )
        if not after.enabled:
            after = replace(after, next_run_at=None)
        elif (after.enabled, after.frequency) != (before.enabled, before.frequency):
            after = _planned(after, backend.clock.now())
        _save(backend, after)
    return after


def delete(backend: Backend, project_id: str, schedule_id: str) -> None:
    """Delete a schedule; the backups it made stay. Raises as `find`."""
    with backend.deciding:
        schedule = find(backend, project_id, schedule_id)
        with backend.database.writing() as connection:
            remove_schedule(connection, schedule)


def history(backend: Backend, project_id: str, schedule_id: str) -> list[BackupView]:
    """Return the run that is planned next and the backups the schedule made, newest first. Raises as `find`."""
    schedule = find(backend, project_id, schedule_id)
    made = [
        backups.view(backend, backup)
        for backup in backend.catalogue.backups(project_id)
        if backup.schedule_id == schedule.id
    ]
    index = backend.catalogue.index_with_id(schedule.index_id)
    if index is None or schedule.next_run_at is None:
        return made
    planned = replace(_backup(schedule, index, schedule.next_run_at), created_at=schedule.planned_at)
    return [BackupView(planned, "Scheduled", None, schedule.next_run_at), *made]


def run_due(backend: Backend, now: float) -> list[float]:
    """Make the backups that are due, each as of its time; return when the next ones are. The caller is deciding."""
    for schedule in backend.catalogue.schedules():
        latest = schedule
        while latest.next_run_at is not None and latest.next_run_at <= now:
            due = latest.next_run_at
            # After a long absence, what would have been deleted again by now is not made first.
            if due + latest.retention_days * DAY_SECONDS > now:
                _run(backend, latest, due)
            latest = _planned(latest, due)
        if latest is not schedule:
            with backend.database.writing() as connection:
                save_schedule(connection, latest)
    return [one.next_run_at for one in backend.catalogue.schedules() if one.next_run_at is not None]


def expire_due(backend: Backend, now: float) -> list[float]:
    """Delete the backups that their schedule keeps no longer; return when the next ones go. The caller is deciding."""
    times = []
    for schedule in backend.catalogue.schedules():
        for backup in backend.catalogue.backups(schedule.project_id):
            if backup.schedule_id != schedule.id:
                continue
            end = backup.created_at + schedule.retention_days * DAY_SECONDS
            if end > now:
                times.append(end)
            elif backups.pending_restores(backend, backup):
                times.append(now + 1)
            else:
                backups.remove(backend, backup)
    return times


def _run(backend: Backend, schedule: Schedule, due: float) -> None:
    index = backend.catalogue.index_with_id(schedule.index_id)
    if index is None or not backups.has_room(backend, schedule.project_id):
        return
    wanted = _backup(schedule, index, due)
    if index_state(index, due) in backups.NOT_TO_BE_COPIED:
        with backend.database.writing() as connection:
            save_backup(connection, replace(wanted, outcome="failed"))
    else:
        backups.copied(backend, index, wanted)


def _backup(schedule: Schedule, index: Index, due: float) -> Backup:
    stamp = datetime.fromtimestamp(due, UTC).strftime("%Y%m%dT%H%M%SZ")
    return Backup(
        schedule.planned_backup_id,
        schedule.project_id,
        f"{schedule.name}-{stamp}",
        None,
        index.id,
        index.name,
        index.blueprint,
        index.tags,
        record_count=0,
        namespace_count=0,
        size_bytes=0,
        created_at=due,
        ready_at=due,
        schedule_id=schedule.id,
    )


def _planned(schedule: Schedule, at: float) -> Schedule:
    return replace(
        schedule,
        next_run_at=next_run(schedule.frequency, at),
        planned_backup_id=new_id(),
        planned_at=at,
    )


def _save(backend: Backend, schedule: Schedule) -> None:
    with backend.database.writing() as connection:
        save_schedule(connection, schedule)
    backend.due_at = 0.0


def _check_plan(backend: Backend) -> None:
    if backend.quota.backups_per_project is None:
        raise PermissionDeniedError("Scheduled backups are not available for your plan")


def _check_retention(days: int) -> None:
    if not 1 <= days <= LONGEST_RETENTION_DAYS:
        raise InvalidArgumentError(
            f"Bad request. retention.expire_after_days must be between 1 and {LONGEST_RETENTION_DAYS}."
        )


def _check_only_one(backend: Backend, index_id: str) -> None:
    if any(one.enabled for one in backend.catalogue.schedules() if one.index_id == index_id):
        raise AlreadyExistsError(
            "This index already has an enabled backup schedule. Disable or delete it first."
        )
