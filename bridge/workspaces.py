"""The verbs of workspaces: where people chat, and what the bridge may be asked there.

A workspace's secret (a signing secret, a public key, a token) is what its platform's requests are known by. It is
sealed and never shown again. Whoever makes a workspace gives it no more than they have themselves.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Collection
from typing import Final, TypedDict, Unpack

import structlog
from sqlalchemy import text
from sqlmodel import Session, col, select

from bridge import auditing, clock, connecting, errors, pages
from bridge.access import SCOPES, Caller
from bridge.commands import COMMANDS, CONFIGURABLE
from bridge.errors import Fault
from bridge.models import Workspace
from bridge.pages import Page
from bridge.plugin import JSON
from bridge.runtime import Runtime

log = structlog.get_logger(__name__)
SHORT: Final = 24
"""Of shorter secrets not even the end is shown."""
TEAMS_BYTES: Final = 16
SECRETS: Final[dict[str, tuple[Callable[[str], bool], str]]] = {
    "slack": (
        lambda text: re.fullmatch(r"[\x21-\x7e]{16,128}", text) is not None,
        "must be the app's signing secret",
    ),
    "discord": (
        lambda text: re.fullmatch(r"[0-9a-fA-F]{64}", text) is not None,
        "must be the application's public key: 64 hexadecimal digits",
    ),
    "teams": (
        lambda text: len(_decoded(text)) >= TEAMS_BYTES,
        "must be the outgoing webhook's security token, in base64",
    ),
    "telegram": (
        lambda text: re.fullmatch(r"[A-Za-z0-9_-]{16,256}", text) is not None,
        "must be the secret_token of setWebhook: 16 to 256 of A-Z, a-z, 0-9, _ and -",
    ),
}
"""What a platform's secret looks like, and what is told of another."""


class Changes(TypedDict, total=False):
    """What can be changed in a workspace; what is left out stays as it is."""

    name: str
    secret: str
    bot_token: str | None
    index: str
    namespace: str
    embed: JSON | None
    commands: Collection[str]
    scopes: Collection[str]


def create(
    runtime: Runtime,
    caller: Caller,
    *,
    platform: str,
    external_id: str | None = None,
    connection: str | None = None,
    **asked: Unpack[Changes],
) -> Workspace:
    """Make a workspace. external_id: what the platform calls it; Teams tells nothing that would be needed.

    Raises InvalidInput, UnknownConnection, MissingScope, Conflict when the platform's workspace is here already.
    """
    if (external_id is None) != (platform == "teams"):
        told = (
            "is not for teams, whose token says which it is" if external_id else f"is required for {platform}"
        )
        raise errors.InvalidInput("the workspace cannot be known", errors=(Fault("/external_id", told),))
    row = Workspace(
        platform=platform,
        external_id=external_id,
        name="",
        sealed_secret=b"",
        secret_hint="",
        connection_id=connecting.chosen(runtime, caller, connection).id,
        index_name="",
        namespace="__default__",
        commands=["search", "ask", "status"],
        scopes=["read"],
    )
    _apply(runtime, caller, row, asked)
    with runtime.database.write() as session:
        _refuse_taken(runtime, session, row, asked["secret"])
        session.add(row)
        auditing.note(session, caller, "workspace.create", row.id)
    return row


def get(runtime: Runtime, caller: Caller, workspace_id: str) -> Workspace:
    """Return a workspace. Raises NotFound."""
    with runtime.database.read() as session:
        return _visible(session, caller, workspace_id)


def page(runtime: Runtime, caller: Caller, *, cursor: str | None, limit: int) -> Page[Workspace]:
    """Return the workspaces of the caller's connections, newest first."""
    statement = select(Workspace)
    if caller.connection_ids is not None:
        statement = statement.where(col(Workspace.connection_id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        return pages.fetch(session, statement, col(Workspace.id), cursor=cursor, limit=limit)


def update(runtime: Runtime, caller: Caller, workspace_id: str, **changes: Unpack[Changes]) -> Workspace:
    """Change what is given. Raises NotFound, InvalidInput, MissingScope, Conflict."""
    with runtime.database.write() as session:
        row = _visible(session, caller, workspace_id)
        _apply(runtime, caller, row, changes)
        if "secret" in changes:
            with session.no_autoflush:
                _refuse_taken(runtime, session, row, changes["secret"])
        row.updated_at = clock.now()
        auditing.note(session, caller, "workspace.update", row.id)
    return row


def remove(runtime: Runtime, caller: Caller, workspace_id: str) -> None:
    """Remove a workspace: its requests are not known any more. Raises NotFound."""
    with runtime.database.write() as session:
        session.delete(_visible(session, caller, workspace_id))
        auditing.note(session, caller, "workspace.remove", workspace_id)


def recognise(runtime: Runtime, platform: str, fits: Callable[[str], bool]) -> list[Workspace]:
    """Return the workspaces of a platform whose secret is the one a request was made with.

    fits: compares in constant time. Every secret is tried, so that how long it takes tells nothing.
    Raises BadSignature, with one message for every reason.
    """
    with runtime.database.read() as session:
        rows = session.exec(
            select(Workspace).where(Workspace.platform == platform).order_by(col(Workspace.id))
        ).all()
    secrets = [(row, _secret(runtime, row)) for row in rows]
    known = [row for row, secret in secrets if secret is not None and fits(secret)]
    if not known:
        raise refusal()
    return known


def refusal() -> errors.BadSignature:
    """Return what every request is told that is not believed, whatever the reason."""
    return errors.BadSignature(
        "the request is not signed by a workspace that is known here, or it is too old"
    )


def _secret(runtime: Runtime, row: Workspace) -> str | None:
    try:
        return runtime.vault.open(row.sealed_secret)
    except errors.SealBroken:  # never an empty one instead: with that anybody could sign
        log.warning("workspace.unsealable", workspace_id=row.id)
        return None


def _apply(runtime: Runtime, caller: Caller, row: Workspace, changes: Changes) -> None:
    row.name = changes.get("name", row.name)
    row.index_name = changes.get("index", row.index_name)
    row.namespace = changes.get("namespace", row.namespace)
    if "embed" in changes:
        row.embed = changes["embed"]
    if "secret" in changes:
        secret = changes["secret"]
        _refuse_unfit(row.platform, secret)
        row.sealed_secret = runtime.vault.seal(secret)
        row.secret_hint = f"…{secret[-4:]}" if len(secret) >= SHORT else "…"
    if "bot_token" in changes:
        token = changes["bot_token"]
        if token and row.platform != "telegram":
            fault = Fault("/bot_token", f"is for telegram alone; {row.platform} needs none")
            raise errors.InvalidInput("the workspace needs no bot token", errors=(fault,))
        row.sealed_token = runtime.vault.seal(token) if token else None
    if "commands" in changes:
        row.commands = [name for name in CONFIGURABLE if name in changes["commands"]]
    if "scopes" in changes:
        row.scopes = [scope for scope in SCOPES if scope in changes["scopes"]]
    _refuse_more_than(caller, row)


def _refuse_unfit(platform: str, secret: str) -> None:
    fits, told = SECRETS[platform]
    if not fits(secret):
        raise errors.InvalidInput("the secret is none of this platform's", errors=(Fault("/secret", told),))


def _refuse_more_than(caller: Caller, row: Workspace) -> None:
    if beyond := sorted({*row.scopes} - caller.scopes):
        raise errors.MissingScope(f"your key lacks {', '.join(beyond)}: it cannot give what it does not have")
    lacking = {name: COMMANDS[name].scope for name in row.commands if COMMANDS[name].scope not in row.scopes}
    if lacking:
        told = ", ".join(f"{name} needs {scope}" for name, scope in lacking.items())
        fault = Fault("/scopes", f"must have what the commands need: {told}")
        raise errors.InvalidInput("the commands need more scopes", errors=(fault,))


def _refuse_taken(runtime: Runtime, session: Session, row: Workspace, secret: str) -> None:
    """Refuse a second workspace that the same requests would be known by, also where both are made at once."""
    if not runtime.database.is_sqlite:  # which has one writer as it is
        session.execute(text("LOCK TABLE workspace IN SHARE ROW EXCLUSIVE MODE"))
    others = select(Workspace).where(
        Workspace.platform == row.platform,
        col(Workspace.external_id).is_not_distinct_from(row.external_id),
        Workspace.id != row.id,
    )
    for other in session.exec(others):
        if other.external_id is not None or _secret(runtime, other) == secret:
            raise errors.Conflict(f"{other.id} is this workspace already; change or remove it")


def _visible(session: Session, caller: Caller, workspace_id: str) -> Workspace:
    row = session.exec(select(Workspace).where(Workspace.id == workspace_id).with_for_update()).first()
    if row is None or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"there is no workspace {workspace_id!r}; GET /v1/chat/workspaces lists them")
    return row


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
