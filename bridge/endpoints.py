"""The verbs of endpoints: create, look, change and remove the receivers of events.

A URL may be a credential of its own (Slack's and Discord's are), so it is sealed like the secret and shown
masked; the headers it is to be sent may hold credentials, too. The secret is shown once, when the endpoint is
new (bridge.rotating shows it again to whom may see it).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Unpack
from urllib.parse import urlsplit

import orjson
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bridge import (
    auditing,
    clock,
    connecting,
    egress,
    errors,
    fitting,
    pages,
    retiring,
    retry,
    signing,
    standing,
    waking,
)
from bridge.access import Caller
from bridge.errors import Fault
from bridge.fanout import wanted
from bridge.fitting import Changes
from bridge.models import Endpoint
from bridge.pages import Page
from bridge.runtime import Runtime
from bridge.signing import Scheme

CHOICE: Final = {"event_types", "keys", "filter", "format"}
"""What tells two endpoints of the same URL apart."""
WORDING: Final = {"event_types", "format", "template"}
CHAT_MAX_PER_SECOND: Final = 1
"""What chats take of one webhook, unless the endpoint says otherwise (Slack's limit; the others' are near it)."""

__all__ = ["Created", "create", "get", "page", "remove", "update", "visible", "wanted"]


@dataclass(frozen=True, slots=True)
class Created:
    """An endpoint that was made or was there already; `secret` only where it is `new` and of scheme v1."""

    endpoint: Endpoint
    secret: str | None
    new: bool


def create(
    runtime: Runtime,
    caller: Caller,
    *,
    url: str,
    connection: str | None = None,
    scheme: Scheme | None = None,
    secret: str | None = None,
    **asked: Unpack[Changes],
) -> Created:
    """Make an endpoint; the same key, URL, connection, types, keys, filter and format give the one that is there.

    event_types: names, `noun.*` or `*`, which is what it wants without them. connection: an id or name;
    None = events of every connection, which a caller limited to several connections cannot ask for.
    secret: `whsec_…` (24 to 64 bytes) or `whsk_…`; a new one is made without it, for the scheme (v1).
    Raises InvalidInput (with pointers), UnknownConnection.
    """
    fitting.refuse_unfit(runtime.registry, asked)
    fitting.refuse_unfit_secret(secret, scheme)
    egress.rules(runtime.settings).check_url(url)
    secret = secret or signing.new_secret(scheme or "v1")
    row = _new(runtime, url, secret)
    row.connection_id = _connection_id(runtime, caller, connection)
    row.api_key_id = caller.api_key_id
    usual: Changes = {"event_types": ("*",)}
    if asked.get("format", "event") != "event":
        usual["max_per_second"] = CHAT_MAX_PER_SECOND
    _apply(runtime, row, {**usual, **asked})
    fitting.refuse_unfit_wording(runtime, row.format, row.template, row.event_types, url)
    row.fingerprint = _fingerprint(row, url)
    insert = (sqlite if runtime.database.is_sqlite else postgresql).insert(Endpoint)
    with runtime.database.write() as session:
        made = session.execute(
            insert.values(**row.model_dump()).on_conflict_do_nothing().returning(col(Endpoint.id))
        ).scalar()
        if made is not None:
            auditing.note(session, caller, "endpoint.create", row.id)
        stored = session.exec(select(Endpoint).where(Endpoint.fingerprint == row.fingerprint)).one()
    shown = secret if made is not None and row.public_key is None else None
    return Created(stored, shown, made is not None)


def _new(runtime: Runtime, url: str, secret: str) -> Endpoint:
    return Endpoint(
        fingerprint="",
        sealed_url=runtime.vault.seal(url),
        masked_url=masked(url),
        scheme=signing.scheme_of(secret),
        sealed_secret=runtime.vault.seal(secret),
        public_key=signing.public_key(secret),
    )


def get(runtime: Runtime, caller: Caller, endpoint_id: str) -> Endpoint:
    """Return an endpoint. Raises NotFound."""
    with runtime.database.read() as session:
        return visible(session, caller, endpoint_id)


def page(runtime: Runtime, caller: Caller, *, cursor: str | None = None, limit: int = 50) -> Page[Endpoint]:
    """Return the endpoints the caller may see, newest first. Raises BadRequest for a foreign cursor."""
    statement = select(Endpoint).where(col(Endpoint.state) != "removed", col(Endpoint.kind) != "callback")
    if caller.connection_ids is not None:
        statement = statement.where(col(Endpoint.connection_id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Endpoint.id), cursor=cursor, limit=limit)


def update(runtime: Runtime, caller: Caller, endpoint_id: str, **changes: Unpack[Changes]) -> Endpoint:
    """Change what is given. Paused: what it is owed waits; active: it is sent, and a disabled one is back.

    Raises NotFound, InvalidInput, and Conflict when another endpoint of the same key wants just the same.
    """
    fitting.refuse_unfit(runtime.registry, changes)
    with runtime.database.write() as session:
        row = visible(session, caller, endpoint_id)
        _apply(runtime, row, changes)
        if not WORDING.isdisjoint(changes):
            url = runtime.vault.open(row.sealed_url)
            fitting.refuse_unfit_wording(runtime, row.format, row.template, row.event_types, url)
        if not CHOICE.isdisjoint(changes):
            _refingerprint(runtime, session, row)
        row.updated_at = clock.now()
        auditing.note(session, caller, "endpoint.update", row.id)
        waking.ring(session)
    return row


def remove(runtime: Runtime, caller: Caller, endpoint_id: str) -> None:
    """Remove an endpoint, its secrets at once; what it was still owed is cancelled. Raises NotFound.

    A backlog is cancelled in batches, here and by the workers; until then nothing of it is sent either.
    """
    with runtime.database.write() as session:
        retiring.retire(session, col(Endpoint.id) == visible(session, caller, endpoint_id).id)
        auditing.note(session, caller, "endpoint.remove", endpoint_id)
    with runtime.database.write() as session:
        retiring.cancel_unwanted(session)


def visible(session: Session, caller: Caller, endpoint_id: str) -> Endpoint:
    """Read an endpoint and, to change it, hold it against others until the transaction ends. Raises NotFound."""
    held = select(Endpoint).where(Endpoint.id == endpoint_id).with_for_update(key_share=True)
    row = session.exec(held).first()
    if row is None or row.state == "removed" or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"there is no endpoint {endpoint_id!r}; GET /v1/endpoints lists them")
    return row


def _apply(runtime: Runtime, row: Endpoint, changes: Changes) -> None:
    row.description = changes.get("description", row.description)
    row.event_types = sorted(set(changes.get("event_types", row.event_types)))
    if "keys" in changes:
        row.keys = sorted(set(changes["keys"])) if changes["keys"] else None
    if "filter" in changes:
        row.filter = changes["filter"] or None
    row.ordered = changes.get("ordered", row.ordered)
    row.format = changes.get("format", row.format)
    if "template" in changes:
        row.template = fitting.worded(changes["template"])
    row.max_per_second = changes.get("max_per_second", row.max_per_second)
    if "headers" in changes:
        own = dict(changes["headers"])
        row.header_names = sorted(own)
        row.sealed_headers = runtime.vault.seal(orjson.dumps(own).decode()) if own else None
    if "retry_seconds" in changes:
        waits = changes["retry_seconds"]
        row.retry_seconds = None if waits is None else list(waits)
        row.attempt_limit = retry.MAX_ATTEMPTS if waits is None else len(waits) + 1
    if "state" in changes:
        if changes["state"] == "active":
            standing.forget(row)
            row.held_until_at = None
        row.state, row.reason = changes["state"], None


def _connection_id(runtime: Runtime, caller: Caller, connection: str | None) -> str | None:
    if connection is not None:
        return connecting.chosen(runtime, caller, connection).id
    if caller.connection_ids is None:
        return None
    if len(caller.connection_ids) == 1:
        return next(iter(caller.connection_ids))
    fault = Fault("/connection", "name one of the connections that your API key is limited to")
    raise errors.InvalidInput("your API key does not see every connection", errors=(fault,))


def _refingerprint(runtime: Runtime, session: Session, row: Endpoint) -> None:
    fingerprint = _fingerprint(row, runtime.vault.open(row.sealed_url))
    with session.no_autoflush:
        same = session.exec(select(Endpoint.id).where(Endpoint.fingerprint == fingerprint)).first()
    if same not in (None, row.id):
        raise errors.Conflict(f"{same} has the same URL and wants the same events already")
    row.fingerprint = fingerprint


def _fingerprint(row: Endpoint, url: str) -> str:
    chosen = [row.api_key_id, url, row.event_types, row.connection_id, row.keys, row.filter, row.format]
    return hashlib.sha256(orjson.dumps(chosen, option=orjson.OPT_SORT_KEYS)).hexdigest()


def masked(url: str) -> str:
    """Keep what tells a person which endpoint it is: the host, and no more of path and query than a hint."""
    parts = urlsplit(url)
    rest = url.partition(parts.netloc)[2].rstrip("/")
    hint = rest[-4:] if len(rest) >= 24 else ""  # noqa: PLR2004 - four of fewer would tell too much
    return f"{parts.scheme}://{parts.netloc}" + (f"/…{hint}" if rest else "")
