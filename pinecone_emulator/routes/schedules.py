"""Owns the doors of backup schedules. Spec: Manage Indexes (backup schedules), since 2026-07."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Response

from pinecone_emulator import schedules
from pinecone_emulator.model import BackupView, Frequency, Schedule
from pinecone_emulator.payload import Payload
from pinecone_emulator.routes.context import backend, body, json, project_id, version
from pinecone_emulator.routes.pages import data_page

doors = Blueprint("backup_schedules", __name__)

FREQUENCIES = ("daily", "weekly", "monthly")


@doors.get("/indexes/<name>/backup-schedules")
def list_backup_schedules(name: str) -> Response:
    """List an index's schedules."""
    return data_page(schedules.of_index(backend(), project_id(), name), _schedule_id, version().schedule)


@doors.post("/indexes/<name>/backup-schedules")
def create_backup_schedule(name: str) -> Response:
    """Schedule backups of an index."""
    wanted = body()
    when = wanted.need("schedule", wanted.object("schedule"))
    when.need("type", when.choice("type", ("time-based",)))
    schedule = schedules.create(
        backend(),
        project_id(),
        name,
        name=wanted.need("name", wanted.text("name")),
        frequency=when.need("frequency", _frequency(when)),
        retention_days=wanted.need("retention", _retention_days(wanted)),
    )
    return json(version().schedule(schedule))


@doors.get("/backup-schedules/<schedule_id>")
def describe_backup_schedule(schedule_id: str) -> Response:
    """Describe a schedule."""
    return json(version().schedule(schedules.find(backend(), project_id(), schedule_id)))


@doors.patch("/backup-schedules/<schedule_id>")
def update_backup_schedule(schedule_id: str) -> Response:
    """Change a schedule."""
    wanted = body()
    schedule = schedules.update(
        backend(),
        project_id(),
        schedule_id,
        frequency=_frequency(wanted),
        retention_days=_retention_days(wanted),
        enabled=wanted.boolean("enabled"),
    )
    return json(version().schedule(schedule))


@doors.delete("/backup-schedules/<schedule_id>")
def delete_backup_schedule(schedule_id: str) -> Response:
    """Delete a schedule."""
    schedules.delete(backend(), project_id(), schedule_id)
    return Response(status=204)


@doors.get("/backup-schedules/<schedule_id>/history")
def list_backup_schedule_history(schedule_id: str) -> Response:
    """List the backups a schedule made and will make next."""
    views = schedules.history(backend(), project_id(), schedule_id)
    return data_page(views, _backup_id, version().scheduled_backup)


def _frequency(payload: Payload) -> Frequency | None:
    return cast("Frequency | None", payload.choice("frequency", FREQUENCIES))


def _retention_days(payload: Payload) -> int | None:
    retention = payload.object("retention")
    if retention is None:
        return None
    return retention.need("expire_after_days", retention.integer("expire_after_days"))


def _schedule_id(schedule: Schedule) -> str:
    return schedule.id


def _backup_id(view: BackupView) -> str:
    return view.backup.id
