"""Owns the doors of backups and restore jobs. Spec: Manage Indexes (backups, restore jobs)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pinecone_emulator import backups
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.model import BackupView, RestoreJobView
from pinecone_emulator.payload import Payload
from pinecone_emulator.routes.context import backend, body, json, project_id, version
from pinecone_emulator.routes.pages import data_page
from pinecone_emulator.versions.requests import deletion_protection

doors = Blueprint("backups", __name__)


@doors.get("/indexes/<name>/backups")
def list_index_backups(name: str) -> Response:
    """List an index's backups, with `include_deleted` those of its former lives too."""
    asked = Payload(dict(request.args), error=InvalidArgumentError).choice(
        "include_deleted", ("true", "false")
    )
    deleted_too = version().lists_backups_of_deleted_indexes and asked == "true"
    views = backups.of_index(backend(), project_id(), name, deleted_too=deleted_too)
    return data_page(views, _backup_id, version().backup)


@doors.post("/indexes/<name>/backups")
def create_backup(name: str) -> Response:
    """Back up an index."""
    wanted = body(optional=True)
    view = backups.create(backend(), project_id(), name, wanted.text("name"), wanted.text("description"))
    return json(version().backup(view), version().create_backup_status)


@doors.get("/backups")
def list_project_backups() -> Response:
    """List the project's backups."""
    return data_page(backups.of_project(backend(), project_id()), _backup_id, version().backup)


@doors.get("/backups/<backup_id>")
def describe_backup(backup_id: str) -> Response:
    """Describe a backup."""
    return json(version().backup(backups.view(backend(), backups.find(backend(), project_id(), backup_id))))


@doors.delete("/backups/<backup_id>")
def delete_backup(backup_id: str) -> Response:
    """Delete a backup."""
    backups.delete(backend(), project_id(), backup_id)
    return Response(status=202)


@doors.post("/backups/<backup_id>/create-index")
def create_index_from_backup(backup_id: str) -> Response:
    """Start to restore a backup into a new index."""
    wanted = body()
    job = backups.restore(
        backend(),
        project_id(),
        backup_id,
        name=wanted.need("name", wanted.text("name")),
        tags=wanted.text_map("tags"),
        deletion_protection=deletion_protection(wanted) or False,
        read_capacity=version().restored_read_capacity(wanted),
    )
    return json({"restore_job_id": job.id, "index_id": job.index_id}, 202)


@doors.get("/restore-jobs")
def list_restore_jobs() -> Response:
    """List the project's restore jobs."""
    return data_page(backups.restore_jobs(backend(), project_id()), _job_id, version().restore_job)


@doors.get("/restore-jobs/<job_id>")
def describe_restore_job(job_id: str) -> Response:
    """Describe a restore job."""
    return json(version().restore_job(backups.restore_job(backend(), project_id(), job_id)))


def _backup_id(view: BackupView) -> str:
    return view.backup.id


def _job_id(view: RestoreJobView) -> str:
    return view.job.id
