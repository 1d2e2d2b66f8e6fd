"""The verbs of watches: order, look up, tune, pause and remove what is polled."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import update as change
from sqlmodel import Session, col, delete, or_, select

from bridge import auditing, clock, db, errors, pages, troubles
from bridge.access import Caller
from bridge.errors import Fault
from bridge.models import Connection, ResourceRow, Watch
from bridge.pages import Page
from bridge.plugin import JSON
from bridge.registry import Registry, TriggerPlugin
from bridge.runtime import Runtime

MAX_INTERVAL_SECONDS: Final = 86400
HURRIED_SECONDS: Final = 1
GLOB: Final = re.compile(r"[*?\[]")
STATES: Final = ("active", "paused")
"""What a caller may put a watch in; `disabled` is for the bridge alone."""


def create(
    runtime: Runtime,
    caller: Caller,
    *,
    connection: str | None,
    trigger: str,
    options: JSON,
    interval_seconds: int | None = None,
) -> Watch:
    """Watch a connection (id or name; None = the default one) with a trigger, from the next look on.

    Raises UnknownConnection, InvalidInput (with pointers), Conflict when there is such a watch already.
    """
    plugin = _plugin(runtime.registry, trigger)
    row = Watch(
        connection_id="",
        trigger=plugin.kind,
        options=_checked(plugin, options),
        interval_seconds=_interval(
            runtime.settings.poll_seconds if interval_seconds is None else interval_seconds
        ),
    )
    with runtime.database.write() as session:
        row.connection_id = _connection(session, caller, connection).id
        _refuse_double(session, row)
        session.add(row)
        auditing.note(session, caller, "watch.create", row.id)
    return row


def get(runtime: Runtime, caller: Caller, watch_id: str) -> Watch:
    """Return a watch. Raises NotFound."""
    with runtime.database.read() as session:
        return _visible(session, caller, watch_id)


def page(
    runtime: Runtime,
    caller: Caller,
    *,
    cursor: str | None = None,
    limit: int = 50,
    connection: str | None = None,
    trigger: str | None = None,
) -> Page[Watch]:
    """Return the watches of the caller's connections, or of one, newest first. Raises UnknownConnection."""
    statement = select(Watch)
    if trigger is not None:
        statement = statement.where(Watch.trigger == trigger)
    if caller.connection_ids is not None:
        statement = statement.where(col(Watch.connection_id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        if connection is not None:
            statement = statement.where(Watch.connection_id == _connection(session, caller, connection).id)
        return pages.fetch(session, statement, col(Watch.id), cursor=cursor, limit=limit)


def absent(runtime: Runtime, row: Watch) -> list[str]:
    """Return what the options name, word for word, and no look has found: it is told as created once it appears."""
    properties = runtime.registry.triggers[row.trigger].options.schema["properties"]
    lists = {part["x-matches"]: row.options[name] for name, part in properties.items() if "x-matches" in part}
    named = {field: [name for name in names if not GLOB.search(name)] for field, names in lists.items()}
    if isinstance(one := row.options.get("index"), str):  # a question is asked of one index
        named["index"] = [one]
    if not any(named.values()):
        return []
    of_it = select(ResourceRow.kind, ResourceRow.key, ResourceRow.body).where(
        ResourceRow.connection_id == row.connection_id,
        col(ResourceRow.kind).in_((row.trigger, "indexes")),
        col(ResourceRow.deleted_at).is_(None),
    )
    with runtime.database.read() as session:
        rows = session.exec(of_it).all()
    indexes = {key for kind, key, _ in rows if kind == "indexes"}
    seen = {field: {body.get(field) for kind, _, body in rows if kind == row.trigger} for field in named}
    return sorted(
        name
        for field, names in named.items()
        for name in names
        if name not in seen[field] and not (field == "index" and name in indexes)
    )


def active_ids(runtime: Runtime, caller: Caller) -> list[str]:
    """Return the ids of the active watches of the caller's connections, oldest first."""
    statement = select(Watch.id).where(col(Watch.state) == "active").order_by(col(Watch.id))
    if caller.connection_ids is not None:
        statement = statement.where(col(Watch.connection_id).in_(caller.connection_ids))
    with runtime.database.read() as session:
        return list(session.exec(statement))


def update(
    runtime: Runtime,
    caller: Caller,
    watch_id: str,
    *,
    state: str | None = None,
    interval_seconds: int | None = None,
    options: JSON | None = None,
) -> Watch:
    """Pause a watch, let it go on, or tune it; the next look is due at once.

    New options begin anew: the next look is a baseline. A watch that was paused goes on from what it last
    saw, and tells the net change. Raises NotFound, InvalidInput (with pointers), Conflict.
    """
    with runtime.database.write() as session:
        row = _visible(session, caller, watch_id, locked=True)
        if state is not None:
            _turn(session, row, _state(state))
        if interval_seconds is not None:
            row.interval_seconds = _interval(interval_seconds)
        if options is not None:
            checked = _checked(_plugin(runtime.registry, row.trigger), options)
            if checked != row.options:
                row.options, row.baseline_at, row.looks = checked, None, {}
                _refuse_double(session, row)
        # A look under way was ordered by the old row: without its lease it can no longer be written.
        row.lease_token = row.lease_until = None
        row.next_poll_at = row.hurried_at = row.updated_at = clock.now()
        session.add(row)
        auditing.note(session, caller, "watch.update", row.id)
    return row


def remove(runtime: Runtime, caller: Caller, watch_id: str) -> None:
    """Remove a watch; what it saw and told stays. Raises NotFound."""
    with runtime.database.write() as session:
        row = _visible(session, caller, watch_id, locked=True)
        troubles.leave(session, row)
        session.delete(row)
        session.exec(delete(ResourceRow).where(col(ResourceRow.watch_id) == watch_id))
        auditing.note(session, caller, "watch.remove", watch_id)


def ensure(session: Session, registry: Registry, connection_id: str, interval_seconds: int) -> None:
    """Watch a connection with each trigger that needs nothing it lacks and that no watch of it uses yet."""
    has_admin = session.get_one(Connection, connection_id).sealed_client_id is not None
    used = set(session.exec(select(Watch.trigger).where(Watch.connection_id == connection_id)))
    for plugin in registry.triggers.values():
        lacks = plugin.options.schema.get("required") or (plugin.needs_admin and not has_admin)
        if plugin.kind not in used and not lacks:
            session.add(
                Watch(
                    connection_id=connection_id,
                    trigger=plugin.kind,
                    options=plugin.options.check({}),
                    interval_seconds=interval_seconds,
                )
            )


def hurry(session: Session, connection_id: str, triggers: Collection[str]) -> None:
    """Let the active watches of these triggers look a second from now: something of theirs was just begun.

    All parts of them: which one is concerned is not known here.
    """
    soon = db.after(session.get_bind().dialect.name, HURRIED_SECONDS)
    session.exec(
        change(Watch)
        .where(
            col(Watch.connection_id) == connection_id,
            col(Watch.trigger).in_(triggers),
            col(Watch.state) == "active",
            col(Watch.next_poll_at) > soon,
        )
        .values(next_poll_at=soon, hurried_at=clock.now())
    )


def _plugin(registry: Registry, trigger: str) -> TriggerPlugin:
    plugin = registry.triggers.get(trigger)
    if plugin is None:
        fault = Fault("/trigger", f"must be one of: {', '.join(registry.triggers)}")
        raise errors.InvalidInput("there is no such trigger", errors=(fault,))
    return plugin


def _checked(plugin: TriggerPlugin, options: JSON) -> JSON:
    """Return a copy of the options, completed with the schema's defaults, so that equal ones are equal."""
    if not isinstance(options, dict):
        raise errors.InvalidInput(
            "the options are no object", errors=(Fault("/options", "must be an object"),)
        )
    try:
        checked: JSON = plugin.options.check(dict(options), what="the options")
    except errors.InvalidInput as error:
        faults = tuple(Fault(f"/options{fault.pointer}", fault.message) for fault in error.errors)
        raise errors.InvalidInput(error.detail, errors=faults) from error
    return checked


def _interval(seconds: Any) -> int:
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= MAX_INTERVAL_SECONDS:
        fault = Fault("/interval_seconds", f"must be a whole number from 1 to {MAX_INTERVAL_SECONDS}")
        raise errors.InvalidInput("the interval cannot be like this", errors=(fault,))
    return seconds


def _state(state: str) -> str:
    if state not in STATES:
        fault = Fault("/state", f"must be one of: {', '.join(STATES)}")
        raise errors.InvalidInput("a watch cannot be put in this state", errors=(fault,))
    return state


def _turn(session: Session, row: Watch, state: str) -> None:
    if state != row.state and state == "paused":
        troubles.leave(session, row)
    if state != row.state:
        row.last_error_code = None  # what was wrong is told anew if it still is
    row.state, row.reason = state, None


def _connection(session: Session, caller: Caller, connection: str | None) -> Connection:
    wanted = (
        col(Connection.is_default).is_(True)
        if connection is None
        else or_(col(Connection.id) == connection, col(Connection.name) == connection)
    )
    row = session.exec(select(Connection).where(wanted)).first()
    if row is None or not caller.may_use(row.id):
        name = "the default connection" if connection is None else f"a connection {connection!r}"
        raise errors.UnknownConnection(
            f"this API key sees no connection that is {name}; GET /v1/connections lists them"
        )
    return row


def _visible(session: Session, caller: Caller, watch_id: str, *, locked: bool = False) -> Watch:
    row = session.get(Watch, watch_id, with_for_update=locked or None)
    if row is None or not caller.may_use(row.connection_id):
        raise errors.NotFound(f"this API key sees no watch {watch_id!r}")
    return row


def _refuse_double(session: Session, row: Watch) -> None:
    """Raise Conflict when the connection has a watch with this trigger and these options."""
    # The connection's row is the lock: of two callers who order the same thing, one waits for the other.
    session.exec(select(Connection.id).where(Connection.id == row.connection_id).with_for_update()).one()
    same = select(Watch).where(Watch.connection_id == row.connection_id, Watch.trigger == row.trigger)
    for other in session.exec(same.where(Watch.id != row.id)):
        if other.options == row.options:
            fault = Fault("/options", f"are those of {other.id}")
            raise errors.Conflict(f"{other.id} watches this already; change or resume it", errors=(fault,))
