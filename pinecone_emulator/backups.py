"""Owns the verbs of backups and restore jobs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator import indexes
from pinecone_emulator.catalogue import remove_backup, save_backup, save_index, save_restore_job
from pinecone_emulator.engine import copy_records, delete_records, measure
from pinecone_emulator.errors import (
    FailedPreconditionError,
    ForbiddenError,
    InvalidArgumentError,
    NotFoundError,
    PermissionDeniedError,
)
from pinecone_emulator.lifecycle import (
    backup_state,
    index_state,
    restore_job_completed_at,
    restore_job_state,
)
from pinecone_emulator.model import (
    Backup,
    BackupView,
    Index,
    NewIndex,
    ReadCapacity,
    RestoreJob,
    RestoreJobView,
)
from pinecone_emulator.names import check_resource_name, new_id

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend


#: States in which an index has nothing that could be copied.
NOT_TO_BE_COPIED = frozenset({"Initializing", "InitializationFailed", "Terminating"})


def view(backend: Backend, backup: Backup) -> BackupView:
    """Return the backup as it is now."""
    index = backend.catalogue.index_with_id(backup.index_id)
    deleted_at = index.deleted_at if index else backup.created_at
    return BackupView(backup, backup_state(backup, backend.clock.now()), deleted_at)


def job_view(backend: Backend, job: RestoreJob) -> RestoreJobView:
    """Return the restore job as it is now."""
    now = backend.clock.now()
    return RestoreJobView(job, restore_job_state(job, now), restore_job_completed_at(job, now))


def find(backend: Backend, project_id: str, backup_id: str) -> Backup:
    """Return the backup of this id; raise NotFoundError."""
    backup = backend.catalogue.backup(project_id, backup_id)
    if backup is None:
        raise NotFoundError(f"Backup {backup_id[:80]} not found.")
    return backup


def create(
    backend: Backend, project_id: str, index_name: str, name: str | None, description: str | None
) -> BackupView:
    """Copy an index as it is now.

    Raises NotFoundError, InvalidArgumentError, FailedPreconditionError, ForbiddenError by the plan's quota.
    """
    if name is not None:
        check_resource_name(name, "Backup")
    with backend.deciding:
        index = indexes.find(backend, project_id, index_name)
        now = backend.clock.now()
        if index.blueprint.deployment == "pod":
            raise InvalidArgumentError("Bad request. Backups are not supported for pod-based indexes.")
        if index_state(index, now) in NOT_TO_BE_COPIED:
            raise FailedPreconditionError(f"Index {index.name} is not ready.")
        if backend.quota.backups_per_project is None:
            raise PermissionDeniedError(
                "Your organization's plan does not include backups. Upgrade your plan to create backups."
            )
        if not has_room(backend, project_id):
            raise ForbiddenError("Increase your quota or upgrade to create more backups.")
        wanted = Backup(
            new_id(),
            project_id,
            name,
            description,
            index.id,
            index.name,
            index.blueprint,
            index.tags,
            0,
            0,
            0,
            now,
            now,
        )
        backup = copied(backend, index, wanted)
    return view(backend, backup)


def has_room(backend: Backend, project_id: str) -> bool:
    """Return whether the plan lets the project have one more backup."""
    return len(backend.catalogue.backups(project_id)) < (backend.quota.backups_per_project or 0)


def copied(backend: Backend, index: Index, wanted: Backup) -> Backup:
    """Copy an index's records into a backup and store it; the caller is deciding."""
    fate = backend.faults.fate_of_next("backup")
    with backend.engine.holding(index), backend.database.writing() as connection:
        copy_records(connection, index.id, wanted.id)
        records, namespaces, size = measure(connection, wanted.id)
        backup = replace(
            wanted,
            record_count=records,
            namespace_count=namespaces,
            size_bytes=size,
            ready_at=None if fate == "hold" else wanted.created_at + backend.settings.backup_seconds,
            outcome="failed" if fate == "fail" else "ready",
        )
        save_backup(connection, backup)
    return backup


def of_index(
    backend: Backend, project_id: str, index_name: str, *, deleted_too: bool = False
) -> list[BackupView]:
    """Return the backups of the index of this name, newest first.

    Raises NotFoundError if no living index has the name; with `deleted_too`, which asks for those of its former lives
    as well, if none ever had it.
    """
    living = backend.catalogue.index_named(project_id, index_name)
    if living is None and not (deleted_too and backend.catalogue.had_index_named(project_id, index_name)):
        raise NotFoundError(f"Index {index_name[:80]} not found.")
    return [
        view(backend, backup)
        for backup in backend.catalogue.backups(project_id)
        if (living is not None and backup.index_id == living.id)
        or (deleted_too and backup.index_name == index_name)
    ]


def of_project(backend: Backend, project_id: str) -> list[BackupView]:
    """Return the project's backups, newest first."""
    return [view(backend, backup) for backup in backend.catalogue.backups(project_id)]


def delete(backend: Backend, project_id: str, backup_id: str) -> None:
    """Delete a backup. Raises NotFoundError, FailedPreconditionError while a restore of it is pending."""
    with backend.deciding:
        backup = find(backend, project_id, backup_id)
        pending = pending_restores(backend, backup)
        if pending:
            raise FailedPreconditionError(
                f"Unable to delete backup. There are pending restore jobs for this backup: {pending}"
            )
        remove(backend, backup)


def pending_restores(backend: Backend, backup: Backup) -> list[str]:
    """Return the ids of the restore jobs that still need this backup."""
    now = backend.clock.now()
    return [
        job.id
        for job in backend.catalogue.restore_jobs(backup.project_id)
        if job.backup_id == backup.id and restore_job_state(job, now) == "Pending"
    ]


def remove(backend: Backend, backup: Backup) -> None:
    """Take a backup and its records away; the caller is deciding."""
    with backend.database.writing() as connection:
        delete_records(connection, backup.id)
        remove_backup(connection, backup)


def restore(
    backend: Backend,
    project_id: str,
    backup_id: str,
    *,
    name: str,
    tags: dict[str, str] | None,
    deletion_protection: bool,
    read_capacity: ReadCapacity,
) -> RestoreJob:
    """Start a restore job that makes a backup into a new index.

    Raises NotFoundError, FailedPreconditionError if the backup is not Ready, and what creating an index raises.
    """
    with backend.deciding:
        backup = find(backend, project_id, backup_id)
        if backup_state(backup, backend.clock.now()) != "Ready":
            raise FailedPreconditionError(f"Backup {backup_id} is not completed")
        wanted = backup.tags if tags is None else tags
        new = NewIndex(name, backup.blueprint, wanted, deletion_protection, read_capacity)
        index = indexes.planned(backend, project_id, new)
        fate = backend.faults.fate_of_next("restore")
        complete_at = None if fate == "hold" else index.created_at + backend.settings.restore_seconds
        index = replace(
            index,
            ready_at=complete_at,
            outcome="failed" if fate == "fail" else "ready",
            source_backup_id=backup.id,
        )
        job = _job_for(backup, index)
        with backend.database.writing() as connection:
            copy_records(connection, backup.id, index.id)
            save_index(connection, index)
            save_restore_job(connection, job)
    return job


def _job_for(backup: Backup, index: Index) -> RestoreJob:
    # The job ends when the index does: its time and its outcome are the index's.
    return RestoreJob(
        id=new_id(),
        project_id=index.project_id,
        backup_id=backup.id,
        index_id=index.id,
        index_name=index.name,
        created_at=index.created_at,
        complete_at=index.ready_at,
        outcome=index.outcome,
    )


def restore_jobs(backend: Backend, project_id: str) -> list[RestoreJobView]:
    """Return the project's restore jobs, newest first; as in the service, not those whose index was deleted."""
    living = {index.id for index in backend.catalogue.indexes(project_id)}
    return [
        job_view(backend, job) for job in backend.catalogue.restore_jobs(project_id) if job.index_id in living
    ]


def restore_job(backend: Backend, project_id: str, job_id: str) -> RestoreJobView:
    """Return one restore job; raise NotFoundError."""
    job = backend.catalogue.restore_job(project_id, job_id)
    if job is None:
        raise NotFoundError(f"Restore job {job_id[:80]} not found.")
    return job_view(backend, job)
