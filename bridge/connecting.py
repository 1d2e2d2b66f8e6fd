"""The verbs of connections: add, test, rename and remove, and the default one that is always there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Table, bindparam, delete
from sqlalchemy import update as change
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from bridge import auditing, clock, egress, errors, pages, retiring, sealed, watching
from bridge.access import Caller
from bridge.config import Settings
from bridge.errors import Fault, PinehookError
from bridge.models import Budget, Connection, Endpoint, ResourceRow, Watch
from bridge.pages import Page
from bridge.runtime import Runtime
from bridge.sealed import Sealed

DEFAULT_NAME = "default"
TABLE: Final[Table] = Connection.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
BY_ID: Final = TABLE.select().where(TABLE.c.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test call found: whether Pinecone answered, how many indexes it showed, or the problem.

    project_count: how many projects its service account sees, None where the connection has none.
    """

    ok: bool
    index_count: int | None
    project_count: int | None
    problem: PinehookError | None


def create(
    runtime: Runtime,
    caller: Caller,
    *,
    name: str,
    api_key: str,
    host: str | None = None,
    client_id: str | None = None,
    client_secret: str | None = None,
) -> Connection:
    """Store a connection, its secrets sealed, and watch what it shows. `host` None means Pinecone itself.

    client_id, client_secret: the organization's service account, for projects and API keys; both or none.

    Raises Conflict when the name is taken, InvalidInput when the host is no http(s) URL or may not be called,
    MissingScope to a caller that is limited to some connections.
    """
    if caller.connection_ids is not None:
        raise errors.MissingScope("this API key is limited to some connections, so it cannot add another")
    if host and host.rstrip("/") not in _hosts(runtime.settings):
        egress.rules(runtime.settings).check_url(_checked_host(host), "/host")
    row = Connection(
        name=name,
        host=_checked_host(host or runtime.settings.pinecone_controller_host),
        sealed_api_key=runtime.vault.seal(api_key),
        api_key_hint=_hint(api_key),
        sealed_client_id=_sealed(runtime, client_id),
        sealed_client_secret=_sealed(runtime, client_secret),
    )
    try:
        with runtime.database.write() as session:
            session.add(row)
            session.flush()
            watching.ensure(session, runtime.registry, row.id, runtime.settings.poll_seconds)
            auditing.note(session, caller, "connection.create", row.id)
    except IntegrityError as error:
        raise _taken(name) from error
    return row


def get(runtime: Runtime, caller: Caller, id_or_name: str | None) -> Connection:
    """Return a connection by id or name; None means the default one. Raises UnknownConnection."""
    known = chosen(runtime, caller, id_or_name)
    row: Connection | None = runtime.database.lookup(BY_ID, id=known.id)
    if row is None:  # it was removed a moment ago
        raise _unseen(id_or_name)
    return row


def chosen(runtime: Runtime, caller: Caller, id_or_name: str | None) -> Sealed:
    """Return of a connection that `get` would return what it takes to name and to use it. Raises UnknownConnection."""
    row = sealed.named(runtime.database, id_or_name)
    if row is None or not caller.may_use(row.id):
        raise _unseen(id_or_name)
    return row


def page(runtime: Runtime, caller: Caller, *, cursor: str | None, limit: int) -> Page[Connection]:
    """Return the connections the caller may use."""
    statement = select(Connection)
    if caller.connection_ids is not None:
        statement = statement.where(col(Connection.id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Connection.id), cursor=cursor, limit=limit)


def test(runtime: Runtime, caller: Caller, connection_id: str) -> Tested:
    """Ask Pinecone for its indexes with this connection, and for the projects of its service account.

    Nothing is changed. Raises UnknownConnection.
    """
    row = get(runtime, caller, connection_id)
    try:
        context = runtime.connections.context(row)
        index_count = sum(1 for _ in context.pinecone.indexes.list())
        project_count = len(context.admin.projects.list()) if row.sealed_client_id else None
        return Tested(ok=True, index_count=index_count, project_count=project_count, problem=None)
    except Exception as error:  # noqa: BLE001 - whatever went wrong is the answer
        problem = runtime.connections.explain(error)
        return Tested(ok=False, index_count=None, project_count=None, problem=problem)


def update(
    runtime: Runtime,
    caller: Caller,
    connection_id: str,
    *,
    name: str | None = None,
    api_key: str | None = None,
) -> Connection:
    """Give a connection another name, another key, or both; its id stays.

    With another key it may show another project: its watches begin anew, with a silent first look.
    Raises UnknownConnection, and Conflict when the name is taken or the key is the environment's.
    """
    known = get(runtime, caller, connection_id)
    if api_key is not None and known.is_default:
        raise errors.Conflict(
            "the key of the default connection comes from the environment: PINECONE_API_KEY"
        )
    try:
        with runtime.database.write() as session:
            row = session.get(Connection, known.id)
            if row is None:
                raise errors.UnknownConnection(f"there is no connection {connection_id!r}")
            row.name, row.updated_at = name or row.name, clock.now()
            if api_key is not None:
                row.sealed_api_key, row.api_key_hint = runtime.vault.seal(api_key), _hint(api_key)
                _begin_anew(session, row.id)
            session.flush()
            auditing.note(session, caller, "connection.update", row.id)
            return row
    except IntegrityError as error:
        raise _taken(str(name)) from error


def remove(runtime: Runtime, caller: Caller, connection_id: str) -> None:
    """Remove a connection with its watches, resources and the endpoints that are limited to it.

    Raises UnknownConnection, and Conflict for the default connection, which the environment owns.
    """
    known = get(runtime, caller, connection_id)
    if known.is_default:
        raise errors.Conflict("the default connection comes from the environment and cannot be removed")
    with runtime.database.write() as session:
        if row := session.get(Connection, known.id):
            session.execute(delete(Budget).where(col(Budget.connection_id) == known.id))
            retiring.retire(session, col(Endpoint.connection_id) == known.id)
            session.delete(row)
            auditing.note(session, caller, "connection.remove", known.id)
    runtime.connections.forget(known.id)


def ensure_default(runtime: Runtime) -> Connection:
    """Make or mend the default connection as the environment says, and watch it.

    With PINECONE_API_KEY it is Pinecone itself, without it the emulator.
    """
    settings = runtime.settings
    host, wanted = _environment(settings)
    with runtime.database.write() as session:
        row = session.exec(select(Connection).where(col(Connection.is_default).is_(True))).first()
        if row is None:
            row = Connection(name=_free_name(session.exec(select(Connection.name)).all()), is_default=True,
                             host=host, sealed_api_key=b"", api_key_hint="")  # fmt: skip
            session.add(row)
        known = _unsealed(runtime, row)
        if known and (row.host, known[0]) != (host, wanted[0]):
            _begin_anew(session, row.id)
        if (row.host, known) != (host, wanted):
            row.host = host
            row.sealed_api_key = runtime.vault.seal(wanted[0])
            row.api_key_hint = _hint(wanted[0])
            row.sealed_client_id = _sealed(runtime, wanted[1])
            row.sealed_client_secret = _sealed(runtime, wanted[2])
            row.updated_at = clock.now()
        session.flush()
        watching.ensure(session, runtime.registry, row.id, settings.poll_seconds)
        return row


def named_host(settings: Settings) -> str:
    """Return where the environment says that the default connection leads; `ensure_default` makes it so."""
    return _environment(settings)[0]


def _unseen(id_or_name: str | None) -> errors.UnknownConnection:
    name = "is the default one" if id_or_name is None else f"has the id or name {id_or_name!r}"
    return errors.UnknownConnection(
        f"this API key sees no connection that {name}; GET /v1/connections lists them"
    )


def _begin_anew(session: Session, connection_id: str) -> None:
    """Let the watches of a connection begin anew: it may show another project from now on.

    What was seen of the one before is forgotten, or all of it would be told as deleted. A poll under way
    loses its lease, and with it its say.
    """
    session.execute(delete(ResourceRow).where(col(ResourceRow.connection_id) == connection_id))
    anew: dict[str, Any] = {
        "baseline_at": None,
        "looks": {},
        "lease_token": None,
        "lease_until": None,
    }
    session.execute(
        change(Watch)
        .where(col(Watch.connection_id) == connection_id)
        .values(next_poll_at=clock.now(), **anew)
    )


Secrets = tuple[str, str | None, str | None]
"""An API key, and the id and secret of a service account."""


def _environment(settings: Settings) -> tuple[str, Secrets]:
    """Return the host and the secrets of the default connection."""
    if key := settings.pinecone_api_key:
        secret = settings.pinecone_client_secret
        account = (settings.pinecone_client_id, secret.get_secret_value()) if secret else (None, None)
        return _checked_host(settings.pinecone_controller_host), (key.get_secret_value(), *account)
    account = (settings.emulator_client_id, settings.emulator_client_secret.get_secret_value())
    return _checked_host(settings.emulator_url), (settings.emulator_api_key.get_secret_value(), *account)


def _unsealed(runtime: Runtime, row: Connection) -> Secrets | None:
    if not row.sealed_api_key:
        return None
    account = (row.sealed_client_id, row.sealed_client_secret)
    client_id, client_secret = (None if part is None else runtime.vault.open(part) for part in account)
    return runtime.vault.open(row.sealed_api_key), client_id, client_secret


def _sealed(runtime: Runtime, secret: str | None) -> bytes | None:
    return None if secret is None else runtime.vault.seal(secret)


def _free_name(taken: object) -> str:
    names = set(taken) if isinstance(taken, list | tuple) else set()
    return next(n for n in (DEFAULT_NAME, *(f"{DEFAULT_NAME}-{i}" for i in range(2, 1000))) if n not in names)


def _hosts(settings: Settings) -> tuple[str, str]:
    """Return the hosts that the environment itself names."""
    return settings.pinecone_controller_host.rstrip("/"), settings.emulator_url.rstrip("/")


def _checked_host(host: str) -> str:
    parts = urlsplit(host)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        fault = Fault("/host", "must be an http(s) URL like https://api.pinecone.io, without credentials")
        raise errors.InvalidInput("the host is not the URL of a control plane", errors=(fault,))
    return host.rstrip("/")


def _hint(api_key: str) -> str:
    return f"…{api_key[-4:]}" if len(api_key) >= 16 else "…"  # noqa: PLR2004 - a short key shows nothing


def _taken(name: str) -> errors.Conflict:
    return errors.Conflict(
        f"a connection named {name!r} is there already", errors=(Fault("/name", "is taken"),)
    )
