"""The troubles: what looks that fail, or succeed again, say of a watch and of its connection, told by events.

A connection has a trouble as long as one of its active watches has it: a key that lost one permission troubles one
watch, and the others go on. Who tells holds the connection's budget row, so that two polls tell nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlmodel import Session, col, select, update

from bridge import budgeting, clock, events, fanout
from bridge.errors import PinehookError
from bridge.models import Connection, Event, Watch
from bridge.plugin import JSON

FAILING_AFTER: Final = 5
"""Looks of a watch that fail in a row before it is told."""
BELIEVED_AFTER: Final = 2
"""Looks in a row after which a trouble that may pass by itself is told of the connection."""
WELL: Final = "well"
WORDS: Final = ("unauthorized", "unreachable", "rate_limited")
"""The troubles of a connection, the worst first."""
TROUBLES: Final = {
    "pinecone_unauthorized": "unauthorized",
    "pinecone_forbidden": "unauthorized",
    "pinecone_unreachable": "unreachable",
    "pinecone_timeout": "unreachable",
    "pinecone_rate_limited": "rate_limited",
}
SHARED: Final = ("pinecone_unauthorized", "pinecone_unreachable", "pinecone_timeout")
"""Codes of problems that all watches of a connection have together, and lose together."""


def note(session: Session, watch: Watch, problem: PinehookError | None, failure_count: int) -> None:
    """Tell what a look that was just settled changed; `watch` is the row as it was before, problem None = it succeeded."""
    told: list[Event] = []
    code = problem.code if problem else None
    found = {**_found(watch), "code": code, "error": problem.detail if problem else None}
    others = _others(session, watch)
    before = others | _trouble(watch.last_error_code, watch.failure_count)
    told += _of_connection(session, watch, before, others | _trouble(code, failure_count), found)
    if failure_count == FAILING_AFTER:
        told.append(_of_watch("watch.failing", watch, found, failure_count))
    elif problem is None and watch.failure_count >= FAILING_AFTER:
        told.append(_of_watch("watch.recovered", watch, found, failure_count))
    _tell(session, told)
    if problem is None and watch.last_error_code in SHARED:
        _hurry_others(session, watch)


def leave(session: Session, watch: Watch) -> None:
    """Tell what follows for the connection when a watch looks no more: it is paused, or removed."""
    if trouble := _trouble(watch.last_error_code, watch.failure_count):
        others = _others(session, watch)
        found = {**_found(watch), "code": None, "error": None}
        _tell(session, _of_connection(session, watch, others | trouble, others, found))


def _others(session: Session, watch: Watch) -> set[str]:
    """Return the troubles of the other active watches, and hold what keeps others from telling of them."""
    budgeting.held(session, watch.connection_id)
    rows = session.exec(
        select(Watch.last_error_code, Watch.failure_count).where(
            Watch.connection_id == watch.connection_id, Watch.id != watch.id,
            Watch.state == "active", col(Watch.last_error_code).in_(TROUBLES),
        )
    )  # fmt: skip
    return set().union(*(_trouble(code, count) for code, count in rows))


def _trouble(code: str | None, failure_count: int) -> set[str]:
    word = TROUBLES.get(code or "")
    return {word} if word and (word == "unauthorized" or failure_count >= BELIEVED_AFTER) else set()


def _of_connection(
    session: Session, watch: Watch, before: set[str], after: set[str], found: JSON
) -> list[Event]:
    new = [word for word in WORDS if word in after - before]
    if not new and (after or not before):
        return []
    connection = session.get_one(Connection, watch.connection_id)
    data = {"connection": connection.id, "name": connection.name, "state": _worst(after)}
    data |= {name: found[name] for name in ("watch", "trigger", "code", "error")}
    return [
        _event(f"connection.{word}", watch, connection.id, (_worst(after), _worst(before)), data)
        for word in new or ("recovered",)
    ]


def _of_watch(name: str, watch: Watch, found: JSON, failure_count: int) -> Event:
    last = clock.now() if failure_count == 0 else watch.last_success_at
    data = {**found, "options": watch.options, "failure_count": failure_count}
    data["last_success_at"] = clock.iso(last) if last else None
    standing = ("active", "failing") if failure_count == 0 else ("failing", "active")
    return _event(name, watch, watch.id, standing, data)


def _event(name: str, watch: Watch, life: str, standing: tuple[str, str], data: JSON) -> Event:
    now = clock.now()
    return Event(
        # Each look has a lease of its own; a watch that is paused or removed has none, and does it once.
        dedupe_key=f"{name} {life} {watch.id} {watch.lease_token or clock.iso(now)}",
        type=name,
        connection_id=watch.connection_id,
        key=life,
        life=life,
        status=standing[0],
        previous_status=standing[1],
        data=data,
        timestamp=now,
        observed_at=now,
    )


def _tell(session: Session, told: list[Event]) -> None:
    if told:
        fanout.fan_out(session, events.store(session, told))


def _found(watch: Watch) -> dict[str, Any]:
    return {"watch": watch.id, "trigger": watch.trigger}


def _worst(words: Iterable[str]) -> str:
    return next((word for word in WORDS if word in words), WELL)


def _hurry_others(session: Session, watch: Watch) -> None:
    """Let those that had the same problem look at once: they may wait a quarter of an hour by now."""
    same = (
        select(Watch.id)
        .where(
            Watch.connection_id == watch.connection_id,
            Watch.id != watch.id,
            Watch.state == "active",
            Watch.last_error_code == watch.last_error_code,
        )
        # One that is being polled at this moment finds out by itself.
        .with_for_update(skip_locked=True)
    )
    ids = session.exec(same).all()
    session.execute(update(Watch).where(col(Watch.id).in_(ids)).values(next_poll_at=clock.now()))
