"""Owns the rows of the organization, its people, invites, service accounts, role bindings and access tokens."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import orjson

from pinecone_emulator.admin.model import Invite, Organization, RoleBinding, ServiceAccount, User

if TYPE_CHECKING:
    import sqlite3

    from pinecone_emulator.database import Database

Record = Organization | User | Invite | ServiceAccount | RoleBinding
R = TypeVar("R", bound=Organization | User | Invite | ServiceAccount | RoleBinding)


class Directory:
    """Read the directory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self, kind: type[R]) -> list[R]:
        """Return all records of a kind, oldest first."""
        sql = "SELECT body FROM directory WHERE kind = ? ORDER BY created_at, id"
        return [_read(kind, body) for (body,) in self._database.rows(sql, (kind.__name__,))]

    def find(self, kind: type[R], record_id: str) -> R | None:
        """Return the record of this kind and id."""
        sql = "SELECT body FROM directory WHERE kind = ? AND id = ?"
        rows = self._database.rows(sql, (kind.__name__, record_id))
        return next((_read(kind, body) for (body,) in rows), None)

    def organization(self) -> Organization | None:
        """Return the organization, None after it was deleted."""
        return next(iter(self.all(Organization)), None)

    def account_of_token(self, token: str, now: float) -> ServiceAccount | None:
        """Return the service account an access token was given to, None if it is unknown or has expired."""
        sql = "SELECT service_account_id FROM tokens WHERE value = ? AND expires_at > ?"
        found = self._database.rows(sql, (token, now))
        return self.find(ServiceAccount, str(found[0][0])) if found else None


def save(connection: sqlite3.Connection, *records: Record) -> None:
    """Insert or replace records."""
    for record in records:
        connection.execute(
            "INSERT OR REPLACE INTO directory VALUES (?, ?, ?, ?)",
            (type(record).__name__, record.id, record.created_at, orjson.dumps(asdict(record)).decode()),
        )


def remove(connection: sqlite3.Connection, *records: Record) -> None:
    """Delete records; the tokens of a service account go with it."""
    for record in records:
        connection.execute(
            "DELETE FROM directory WHERE kind = ? AND id = ?", (type(record).__name__, record.id)
        )
        if isinstance(record, ServiceAccount):
            revoke_tokens(connection, record.id)


def save_token(
    connection: sqlite3.Connection, token: str, account_id: str, expires_at: float, now: float
) -> None:
    """Keep a token; those that have expired are forgotten."""
    connection.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
    connection.execute("INSERT INTO tokens VALUES (?, ?, ?)", (token, account_id, expires_at))


def revoke_tokens(connection: sqlite3.Connection, account_id: str) -> None:
    """Forget the tokens of a service account."""
    connection.execute("DELETE FROM tokens WHERE service_account_id = ?", (account_id,))


def _read(kind: type[R], body: str) -> R:
    data = orjson.loads(body)
    if kind is Invite:
        data["sent_at"] = tuple(data["sent_at"])
    return kind(**data)
