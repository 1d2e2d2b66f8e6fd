"""The sealed: what of a stored connection its clients are made of, which every action and every look asks for."""

from __future__ import annotations

from typing import Final, Protocol

from sqlalchemy import BindParameter, Table, bindparam, or_, select

from bridge import errors
from bridge.db import Database
from bridge.models import Connection

TABLE: Final[Table] = Connection.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
NEEDED: Final = ("id", "name", "host", "sealed_api_key", "sealed_client_id", "sealed_client_secret")
"""No column more: at each one it reads, sqlite3 lets another thread have the interpreter."""
ASKED: Final = select(*(TABLE.c[name] for name in NEEDED))
WANTED: Final[BindParameter[str]] = bindparam("wanted")
THE_DEFAULT: Final = ASKED.where(TABLE.c.is_default)
BY_ID_OR_NAME: Final = ASKED.where(or_(TABLE.c.id == WANTED, TABLE.c.name == WANTED))
BY_ID: Final = ASKED.where(TABLE.c.id == WANTED)
"""Built once: every action asks one of them."""


class Sealed(Protocol):
    """A connection without what only people look at."""

    id: str
    name: str
    host: str
    sealed_api_key: bytes
    sealed_client_id: bytes | None
    sealed_client_secret: bytes | None


def find(database: Database, connection_id: str) -> Sealed:
    """Return a connection by its id, as it is now. Raises UnknownConnection."""
    row: Sealed | None = database.lookup(BY_ID, wanted=connection_id)
    if row is None:
        raise errors.UnknownConnection(f"there is no connection {connection_id!r}")
    return row


def named(database: Database, id_or_name: str | None) -> Sealed | None:
    """Return a connection by id or name, None where there is none; a name of None means the default one."""
    row: Sealed | None = (
        database.lookup(THE_DEFAULT)
        if id_or_name is None
        else database.lookup(BY_ID_OR_NAME, wanted=id_or_name)
    )
    return row
