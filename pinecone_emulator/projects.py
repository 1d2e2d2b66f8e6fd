"""Owns the rows of projects and their API keys, and the stored settings of the emulator itself."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from pinecone_emulator.errors import UnauthenticatedError

if TYPE_CHECKING:
    import sqlite3

    from pinecone_emulator.clock import Clock
    from pinecone_emulator.database import Database

READY_MADE_PODS = 20
DEFAULT_ROLES = ("ProjectEditor",)
KEY_COLUMNS = "id, project_id, name, value, roles, created_at, ready_made"


class Access(NamedTuple):
    """What an API key opens."""

    project_id: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewProject:
    """A project just made, with the key that opens it."""

    id: str
    api_key: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `ready_made` is the name under which the emulator itself made it, None if the admin API did."""

    id: str
    name: str
    created_at: float
    max_pods: int = 0
    ready_made: str | None = None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key of a project; a ready-made one outlives a reset."""

    id: str
    project_id: str
    name: str
    value: str
    roles: tuple[str, ...]
    created_at: float
    ready_made: bool = False


class Projects:
    """Read and write projects and keys; writers take the transaction they belong to."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def ensure(self, name: str, api_key: str) -> None:
        """Make the key, and the ready-made project it opens, where they are missing."""
        if self._database.rows("SELECT 1 FROM api_keys WHERE value = ?", (api_key,)):
            return
        for project in self.all():
            if project.ready_made == name:
                with self._database.writing() as connection:
                    save_key(connection, _ready_made_key(project, api_key, self._clock.now()))
                return
        self.create(name, api_key)

    def create(self, name: str, api_key: str | None = None) -> NewProject:
        """Create a ready-made project with one API key, made up when none is given."""
        now = self._clock.now()
        project = Project(str(uuid.uuid4()), name, now, READY_MADE_PODS, name)
        value = api_key or f"pckey_{name}_{uuid.uuid4().hex}"
        with self._database.writing() as connection:
            save_project(connection, project)
            save_key(connection, _ready_made_key(project, value, now))
        return NewProject(project.id, value)

    def all(self) -> list[Project]:
        """Return all projects, oldest first."""
        sql = "SELECT id, name, created_at, body FROM projects ORDER BY created_at, id"
        return [_project(row) for row in self._database.rows(sql)]

    def find(self, project_id: str) -> Project | None:
        """Return the project of this id."""
        sql = "SELECT id, name, created_at, body FROM projects WHERE id = ?"
        return next((_project(row) for row in self._database.rows(sql, (project_id,))), None)

    def max_pods(self, project_id: str) -> int:
        """Return how many pods the project's indexes may have together."""
        project = self.find(project_id)
        return project.max_pods if project else 0

    def keys_of(self, project_id: str | None = None) -> list[ApiKey]:
        """Return the API keys of a project, or of all, oldest first."""
        sql = f"SELECT {KEY_COLUMNS} FROM api_keys WHERE ? IN (project_id, '') ORDER BY created_at, id"  # noqa: S608 - a constant
        return [_key(row) for row in self._database.rows(sql, (project_id or "",))]

    def key(self, key_id: str) -> ApiKey | None:
        """Return the API key of this id."""
        sql = f"SELECT {KEY_COLUMNS} FROM api_keys WHERE id = ?"  # noqa: S608 - a constant
        return next((_key(row) for row in self._database.rows(sql, (key_id,))), None)

    def of_key(self, api_key: str | None) -> Access:
        """Return what this key opens; raise UnauthenticatedError for one that opens nothing."""
        sql = "SELECT project_id, roles FROM api_keys WHERE value = ?"
        found = self._database.kept_rows(sql, (api_key,)) if api_key else []
        if not found:
            raise UnauthenticatedError("Invalid API key.")
        return Access(str(found[0][0]), tuple(orjson.loads(found[0][1])))

    def restore(self, connection: sqlite3.Connection) -> None:
        """Delete the projects and keys that the admin API made; give the ready-made ones back their names and roles."""
        for key in self.keys_of():
            if key.ready_made:
                project = self.find(key.project_id)
                name = project.ready_made if project and project.ready_made else key.name
                fresh = ApiKey(
                    key.id, key.project_id, name, key.value, DEFAULT_ROLES, key.created_at, ready_made=True
                )
                save_key(connection, fresh)
            else:
                remove_key(connection, key.id)
        for project in self.all():
            if project.ready_made is None:
                remove_project(connection, project.id)
            else:
                name = project.ready_made
                save_project(connection, Project(project.id, name, project.created_at, READY_MADE_PODS, name))


def _ready_made_key(project: Project, value: str, now: float) -> ApiKey:
    return ApiKey(str(uuid.uuid4()), project.id, project.name, value, DEFAULT_ROLES, now, ready_made=True)


def save_project(connection: sqlite3.Connection, project: Project) -> None:
    """Insert or replace a project."""
    body = asdict(project)
    columns = [body.pop(name) for name in ("id", "name", "created_at")]
    connection.execute(
        "INSERT OR REPLACE INTO projects (id, name, created_at, body) VALUES (?, ?, ?, ?)",
        (*columns, orjson.dumps(body).decode()),
    )


def remove_project(connection: sqlite3.Connection, project_id: str) -> None:
    """Delete a project's row and its API keys."""
    connection.execute("DELETE FROM api_keys WHERE project_id = ?", (project_id,))
    connection.execute("DELETE FROM projects WHERE id = ?", (project_id,))


def save_key(connection: sqlite3.Connection, key: ApiKey) -> None:
    """Insert or replace an API key."""
    roles = orjson.dumps(key.roles).decode()
    connection.execute(
        f"INSERT OR REPLACE INTO api_keys ({KEY_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (key.id, key.project_id, key.name, key.value, roles, key.created_at, key.ready_made),
    )


def remove_key(connection: sqlite3.Connection, key_id: str) -> None:
    """Delete an API key; it opens nothing from then on."""
    connection.execute("DELETE FROM api_keys WHERE id = ?", (key_id,))


def _project(row: tuple[Any, ...]) -> Project:
    project_id, name, created_at, body = row
    return Project(project_id, name, created_at, **orjson.loads(body))


def _key(row: tuple[Any, ...]) -> ApiKey:
    key_id, project_id, name, value, roles, created_at, ready_made = row
    return ApiKey(
        key_id, project_id, name, value, tuple(orjson.loads(roles)), created_at, ready_made=bool(ready_made)
    )


def stored_clock_offset(database: Database) -> float:
    """Return how far the clock had been advanced when the data was last in use, in seconds."""
    found = database.rows("SELECT value FROM settings WHERE name = 'clock_offset'")
    return float(found[0][0]) if found else 0.0


def store_clock_offset(database: Database, seconds: float) -> None:
    """Keep the clock's offset, so that states stay where they are across a restart."""
    with database.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('clock_offset', ?)", (repr(seconds),))
