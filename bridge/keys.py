"""The API keys: made, believed, listed and revoked. Only the SHA-256 of a key is kept, and a hint to know it by."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import ColumnElement, Table, bindparam
from sqlmodel import Session, col, or_, select, update

from bridge import auditing, clock, errors, pages
from bridge.access import OPERATOR, SCOPES, Caller
from bridge.errors import Fault
from bridge.models import ApiKey, Connection
from bridge.pages import Page
from bridge.runtime import Runtime

PREFIX: Final = "phk_"
SECRET_BYTES: Final = 32
USED_EVERY: Final = timedelta(minutes=1)
"""How exact `last_used_at` is: a busy key costs one write in this time."""
TABLE: Final[Table] = ApiKey.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
ASKED: Final = (
    "id",
    "name",
    "scopes",
    "connection_ids",
    "indexes",
    "calls_per_minute",
    "expires_at",
    "last_used_at",
)
BY_HASH: Final = (
    TABLE.select()
    .with_only_columns(*(TABLE.c[name] for name in ASKED))
    .where(TABLE.c.hash == bindparam("hash"), TABLE.c.revoked_at.is_(None))
)
"""Built once, and with no column more than it takes: every request asks it, and sqlite3 gives other threads the
interpreter at each column it reads."""


def create(
    runtime: Runtime,
    *,
    name: str,
    scopes: Iterable[str],
    connection_ids: Collection[str] | None = None,
    expires_at: datetime | None = None,
    indexes: Collection[str] | None = None,
    calls_per_minute: int | None = None,
    caller: Caller = OPERATOR,
) -> tuple[ApiKey, str]:
    """Make a key; return its row and the key itself, which is shown this once.

    connection_ids: the only connections it may use; None = all. expires_at: in UTC; None = never.
    indexes: globs of the only indexes its actions may name; None = all. calls_per_minute: None = as the settings say.
    Raises InvalidInput, UnknownConnection, and MissingScope when it would allow more than the caller's own.
    """
    wanted = frozenset(scopes)
    _refuse_nonsense(wanted, connection_ids, expires_at)
    _refuse_more_than(caller, wanted, connection_ids)
    _refuse_wider_limits(caller, indexes, calls_per_minute)
    key = PREFIX + base64.urlsafe_b64encode(secrets.token_bytes(SECRET_BYTES)).decode().rstrip("=")
    row = ApiKey(
        name=name,
        hash=_hash(key),
        hint=f"{key[:8]}…",
        scopes=[scope for scope in SCOPES if scope in wanted],
        connection_ids=None if connection_ids is None else sorted(set(connection_ids)),
        indexes=None if indexes is None else sorted(set(indexes)),
        calls_per_minute=calls_per_minute,
        expires_at=expires_at,
    )
    with runtime.database.write() as session:
        _refuse_unknown_connections(session, row.connection_ids or [])
        session.add(row)
        auditing.note(session, caller, "key.create", row.id)
    return row, key


def authenticate(runtime: Runtime, token: str, remote: str | None) -> Caller:
    """Return the caller that a key stands for. Raises Unauthorized, with one message for every reason."""
    now = clock.now()
    # Looked up by its hash: how long that takes tells nothing about any other key.
    row = runtime.database.lookup(BY_HASH, hash=_hash(token))
    if row is None or (row.expires_at is not None and row.expires_at <= now):
        raise errors.Unauthorized("the API key is unknown, expired or revoked; ask its owner for another")
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        _mark_used(runtime, row.id, now)
    allowed = None if row.connection_ids is None else frozenset(row.connection_ids)
    indexes = None if row.indexes is None else tuple(row.indexes)
    return Caller(row.id, row.name, frozenset(row.scopes), allowed, remote, indexes, row.calls_per_minute)


def revoke(runtime: Runtime, caller: Caller, key_id: str) -> ApiKey:
    """Make a key open nothing any more, at once; a revoked one stays as it is. Raises NotFound."""
    with runtime.database.write() as session:
        row = _visible(caller, session.get(ApiKey, key_id), key_id)
        if row.revoked_at is None:
            row.revoked_at = clock.now()
            auditing.note(session, caller, "key.revoke", row.id)
    return row


def get(runtime: Runtime, caller: Caller, key_id: str) -> ApiKey:
    """Return a key's row. Raises NotFound."""
    with runtime.database.read() as session:
        return _visible(caller, session.get(ApiKey, key_id), key_id)


def page(runtime: Runtime, caller: Caller, *, cursor: str | None, limit: int) -> Page[ApiKey]:
    """Return the keys, newest first: those that allow no connection beyond the caller's own."""
    with runtime.database.read() as session:
        statement = select(ApiKey)
        if caller.connection_ids is not None:
            statement = statement.where(_within(session, caller))
        return pages.fetch(session, statement, ApiKey.id, cursor=cursor, limit=limit)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _refuse_nonsense(
    scopes: frozenset[str], connection_ids: Collection[str] | None, expires_at: datetime | None
) -> None:
    if not scopes or not scopes <= set(SCOPES):
        fault = Fault("/scopes", f"must be some of: {', '.join(SCOPES)}")
        raise errors.InvalidInput("a key needs scopes that exist", errors=(fault,))
    if connection_ids is not None and not connection_ids:
        fault = Fault("/connections", "must name a connection, or be null for all of them")
        raise errors.InvalidInput("a key limited to no connection would be of no use", errors=(fault,))
    if expires_at is not None and expires_at <= clock.now():
        fault = Fault("/expires_at", "must be in the future")
        raise errors.InvalidInput("the key would have expired already", errors=(fault,))


def _refuse_more_than(caller: Caller, scopes: frozenset[str], connection_ids: Collection[str] | None) -> None:
    if beyond := sorted(scopes - caller.scopes):
        raise errors.MissingScope(f"your key lacks {', '.join(beyond)}: it cannot give what it does not have")
    if not _may_see(caller, connection_ids):
        fault = Fault("/connections", "name only connections that your own key may use")
        raise errors.MissingScope(
            "your key is limited to some connections, and so are those it makes", errors=(fault,)
        )


def _refuse_wider_limits(
    caller: Caller, indexes: Collection[str] | None, calls_per_minute: int | None
) -> None:
    if caller.indexes is not None and not set(caller.indexes).issuperset(indexes or ("*",)):
        fault = Fault("/indexes", "name only globs that your own key has")
        raise errors.MissingScope(
            "your key is limited to indexes, and so are those it makes", errors=(fault,)
        )
    most = caller.calls_per_minute
    if most is not None and (calls_per_minute is None or calls_per_minute > most):
        fault = Fault("/calls_per_minute", f"must be at most {most}, as of your own key")
        raise errors.MissingScope(
            "your key is limited in its rate, and so are those it makes", errors=(fault,)
        )


def _may_see(caller: Caller, connection_ids: Collection[str] | None) -> bool:
    if caller.connection_ids is None:
        return True
    return connection_ids is not None and caller.connection_ids.issuperset(connection_ids)


def _visible(caller: Caller, row: ApiKey | None, key_id: str) -> ApiKey:
    if row is None or not _may_see(caller, row.connection_ids):
        raise errors.NotFound(f"your key sees no API key {key_id!r}; GET /v1/keys lists those it does")
    return row


def _within(session: Session, caller: Caller) -> ColumnElement[bool]:
    # Keys are few: which lists of connections fit is found here, alike on both databases.
    known = session.execute(select(ApiKey.id, ApiKey.connection_ids)).all()
    return col(ApiKey.id).in_([key_id for key_id, allowed in known if _may_see(caller, allowed)])


def _refuse_unknown_connections(session: Session, connection_ids: list[str]) -> None:
    known = set(session.exec(select(Connection.id).where(col(Connection.id).in_(connection_ids))))
    if unknown := [name for name in connection_ids if name not in known]:
        fault = Fault("/connections", "must be ids of connections; GET /v1/connections lists them")
        raise errors.UnknownConnection(f"there is no connection {unknown[0]!r}", errors=(fault,))


def _mark_used(runtime: Runtime, key_id: str, now: datetime) -> None:
    stale = or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) < now - USED_EVERY)
    try:
        with runtime.database.write() as session:
            session.execute(update(ApiKey).where(col(ApiKey.id) == key_id, stale).values(last_used_at=now))
    except errors.Busy:
        # To know when a key was used is not worth refusing whoever uses it.
        structlog.get_logger(__name__).warning("a key's last use was not written", api_key_id=key_id)
