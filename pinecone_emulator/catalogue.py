"""Owns the rows of the control plane: indexes, backups, schedules, restore jobs, collections, as in `model.py`.

Each is stored as JSON beside the columns that are searched by. Writers take the transaction they belong to.
"""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import orjson

from pinecone_emulator.model import (
    Backup,
    Blueprint,
    Collection,
    Embed,
    Index,
    Pod,
    ReadCapacity,
    RestoreJob,
    Schedule,
)

if TYPE_CHECKING:
    import sqlite3

    from pinecone_emulator.database import Database


class Catalogue:
    """Read and write control-plane records; everything asked for by project stays within it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def indexes(self, project_id: str) -> list[Index]:
        """Return the project's living indexes by name."""
        sql = "SELECT body FROM indexes WHERE project_id = ? AND deleted_at IS NULL ORDER BY name"
        return [_index(body) for (body,) in self._database.rows(sql, (project_id,))]

    def index_named(self, project_id: str, name: str) -> Index | None:
        """Return the living index of this name."""
        sql = "SELECT body FROM indexes WHERE project_id = ? AND name = ? AND deleted_at IS NULL"
        return next((_index(body) for (body,) in self._database.rows(sql, (project_id, name))), None)

    def had_index_named(self, project_id: str, name: str) -> bool:
        """Return whether there is or was an index of this name."""
        sql = "SELECT 1 FROM indexes WHERE project_id = ? AND name = ? LIMIT 1"
        return bool(self._database.rows(sql, (project_id, name)))

    def index_at(self, slug: str) -> Index | None:
        """Return the living index whose host has this slug, of whichever project."""
        sql = "SELECT body FROM indexes WHERE slug = ? AND deleted_at IS NULL"
        return next((_index(body) for (body,) in self._database.kept_rows(sql, (slug,))), None)

    def index_with_id(self, index_id: str) -> Index | None:
        """Return the index of this id, deleted or not."""
        sql = "SELECT body FROM indexes WHERE id = ?"
        return next((_index(body) for (body,) in self._database.rows(sql, (index_id,))), None)

    def backups(self, project_id: str) -> list[Backup]:
        """Return the project's backups, newest first."""
        sql = "SELECT body FROM backups WHERE project_id = ? ORDER BY created_at DESC, id"
        return [_backup(body) for (body,) in self._database.rows(sql, (project_id,))]

    def backup(self, project_id: str, backup_id: str) -> Backup | None:
        """Return the backup of this id."""
        sql = "SELECT body FROM backups WHERE project_id = ? AND id = ?"
        return next((_backup(body) for (body,) in self._database.rows(sql, (project_id, backup_id))), None)

    def restore_jobs(self, project_id: str) -> list[RestoreJob]:
        """Return the project's restore jobs, newest first."""
        sql = "SELECT body FROM restore_jobs WHERE project_id = ? ORDER BY created_at DESC, id"
        return [_restore_job(body) for (body,) in self._database.rows(sql, (project_id,))]

    def restore_job(self, project_id: str, job_id: str) -> RestoreJob | None:
        """Return the restore job of this id."""
        sql = "SELECT body FROM restore_jobs WHERE project_id = ? AND id = ?"
        return next((_restore_job(body) for (body,) in self._database.rows(sql, (project_id, job_id))), None)

    def schedules(self) -> list[Schedule]:
        """Return all backup schedules of all projects, oldest first."""
        sql = "SELECT body FROM schedules ORDER BY created_at, id"
        return [Schedule(**orjson.loads(body)) for (body,) in self._database.rows(sql)]

    def schedule(self, project_id: str, schedule_id: str) -> Schedule | None:
        """Return the backup schedule of this id."""
        sql = "SELECT body FROM schedules WHERE project_id = ? AND id = ?"
        rows = self._database.rows(sql, (project_id, schedule_id))
        return next((Schedule(**orjson.loads(body)) for (body,) in rows), None)

    def collections(self, project_id: str) -> list[Collection]:
        """Return the project's collections by name."""
        sql = "SELECT body FROM collections WHERE project_id = ? ORDER BY name"
        return [_collection(body) for (body,) in self._database.rows(sql, (project_id,))]

    def collection_named(self, project_id: str, name: str) -> Collection | None:
        """Return the collection of this name."""
        sql = "SELECT body FROM collections WHERE project_id = ? AND name = ?"
        return next((_collection(body) for (body,) in self._database.rows(sql, (project_id, name))), None)

    def terminating(self) -> list[Index | Collection]:
        """Return the indexes and collections of all projects that are on their way out."""
        indexes = (
            "SELECT body FROM indexes WHERE deleted_at IS NULL"
            " AND json_extract(body, '$.terminating_until') IS NOT NULL"
        )
        collections = (
            "SELECT body FROM collections WHERE json_extract(body, '$.terminating_until') IS NOT NULL"
        )
        return [
            *(_index(body) for (body,) in self._database.rows(indexes)),
            *(_collection(body) for (body,) in self._database.rows(collections)),
        ]


def save_index(connection: sqlite3.Connection, index: Index) -> None:
    """Insert or replace an index."""
    connection.execute(
        "INSERT OR REPLACE INTO indexes VALUES (?, ?, ?, ?, ?, ?)",
        (index.id, index.project_id, index.name, index.slug, index.deleted_at, _json(index)),
    )


def save_backup(connection: sqlite3.Connection, backup: Backup) -> None:
    """Insert or replace a backup."""
    connection.execute(
        "INSERT OR REPLACE INTO backups VALUES (?, ?, ?, ?, ?)",
        (backup.id, backup.project_id, backup.index_id, backup.created_at, _json(backup)),
    )


def save_restore_job(connection: sqlite3.Connection, job: RestoreJob) -> None:
    """Insert or replace a restore job."""
    connection.execute(
        "INSERT OR REPLACE INTO restore_jobs VALUES (?, ?, ?, ?, ?, ?)",
        (job.id, job.project_id, job.backup_id, job.index_id, job.created_at, _json(job)),
    )


def save_schedule(connection: sqlite3.Connection, schedule: Schedule) -> None:
    """Insert or replace a backup schedule."""
    connection.execute(
        "INSERT OR REPLACE INTO schedules VALUES (?, ?, ?, ?, ?)",
        (schedule.id, schedule.project_id, schedule.index_id, schedule.created_at, _json(schedule)),
    )


def remove_schedule(connection: sqlite3.Connection, schedule: Schedule) -> None:
    """Delete a backup schedule's row; the backups it made stay."""
    connection.execute("DELETE FROM schedules WHERE id = ?", (schedule.id,))


def save_collection(connection: sqlite3.Connection, collection: Collection) -> None:
    """Insert or replace a collection."""
    connection.execute(
        "INSERT OR REPLACE INTO collections VALUES (?, ?, ?, ?)",
        (collection.id, collection.project_id, collection.name, _json(collection)),
    )


def remove_collection(connection: sqlite3.Connection, collection: Collection) -> None:
    """Delete a collection's row; its records are the engine's."""
    connection.execute("DELETE FROM collections WHERE id = ?", (collection.id,))


def remove_backup(connection: sqlite3.Connection, backup: Backup) -> None:
    """Delete a backup's row; its records are the engine's."""
    connection.execute("DELETE FROM backups WHERE id = ?", (backup.id,))


def _json(record: Index | Backup | Schedule | Collection | RestoreJob) -> str:
    return orjson.dumps(asdict(record)).decode()


def _blueprint(data: dict[str, Any]) -> Blueprint:
    embed, fields, pod = data.pop("embed"), data.pop("filterable_fields"), data.pop("pod", None)
    return Blueprint(
        **data,
        pod=Pod(**pod) if pod else None,
        embed=Embed(**embed) if embed else None,
        filterable_fields=None if fields is None else tuple(fields),
    )


@lru_cache(maxsize=1024)
def _index(body: str) -> Index:
    data = orjson.loads(body)
    blueprint, read_capacity = data.pop("blueprint"), data.pop("read_capacity")
    before = data.pop("read_capacity_before", None)
    return Index(
        **data,
        blueprint=_blueprint(blueprint),
        read_capacity=ReadCapacity(**read_capacity),
        read_capacity_before=ReadCapacity(**before) if before else None,
    )


def _backup(body: str) -> Backup:
    data = orjson.loads(body)
    return Backup(**{**data, "blueprint": _blueprint(data["blueprint"])})


def _collection(body: str) -> Collection:
    data = orjson.loads(body)
    return Collection(**{**data, "blueprint": _blueprint(data["blueprint"])})


def _restore_job(body: str) -> RestoreJob:
    return RestoreJob(**orjson.loads(body))
