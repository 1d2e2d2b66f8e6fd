"""Accepting: decides whether what is asked for is done at once, in the background, or was done already.

A run in the background, and one under an `Idempotency-Key`, is a row before it begins: if its process dies,
a worker goes on with it. The same key and the same body get the first answer again.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bridge import auditing, clock, db, errors, executing, replying, running, runs
from bridge.access import Caller
from bridge.models import Endpoint, IdempotencyKey, Run
from bridge.plugin import JSON
from bridge.progress import LEASE_SECONDS, Stopped
from bridge.replying import Callback
from bridge.running import Order
from bridge.runtime import Runtime

NEVER: Final = threading.Event()
"""What is asked for over HTTP is finished, whoever wants to stop."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a caller wants it. key: its Idempotency-Key. background: do not wait for the end. callback: send it."""

    key: str | None = None
    background: bool = False
    callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """What came of asking: an output, or a run to wait for. run: None for reads that left none.

    patient: whoever asked is willing to wait a while. secret: what its callback is signed with, this once.
    again: it was asked for before, under the same key.
    """

    output: JSON | None
    run: Run | None
    run_id: str | None
    patient: bool = True
    secret: str | None = None
    again: bool = False


class _KeyTaken(Exception):
    """Somebody asked under this key before."""


def accept(
    runtime: Runtime,
    caller: Caller,
    action_name: str,
    action_input: Any,
    *,
    connection: str | None = None,
    wish: Wish = Wish(),
) -> Accepted:
    """Have an action done as the caller wishes and its schema says.

    Raises what running.order raises, IdempotencyKeyReused, or what Pinecone's refusal means.
    """
    order = running.order(runtime, caller, action_name, action_input, connection=connection)
    background = (
        wish.background or wish.callback or order.action.long or _is_much(order) or "file" in order.input
    )
    callback = replying.prepared(runtime, order, wish.callback) if wish.callback else None
    if not (background or wish.key or order.action.look):
        ran = running.carry_out(runtime, order)
        return Accepted(ran.output, None, ran.run_id)
    while True:
        try:
            row = _written(runtime, order, wish.key, callback, queued=bool(background))
            break
        except _KeyTaken:
            if first := _first(runtime, order, str(wish.key)):
                patient = not (wish.background or callback)
                return Accepted(None, first, first.id, patient=patient, again=True)
    if background:
        secret = runtime.vault.open(callback.sealed_secret) if callback else None
        return Accepted(None, row, row.id, patient=not (wish.background or callback), secret=secret)
    try:
        return Accepted(executing.execute(runtime, row, NEVER, patient=False), None, row.id)
    except Stopped:  # cancelled, or another has it
        return Accepted(None, runs.get(runtime, caller, row.id), row.id)


def _is_much(order: Order) -> bool:
    limits = order.action.inline_max or {}
    return any(len(order.input.get(name) or ()) > limit for name, limit in limits.items())


def _written(
    runtime: Runtime, order: Order, key: str | None, callback: Endpoint | None, *, queued: bool
) -> Run:
    """Write the run down before anything is done. Raises _KeyTaken."""
    row = order.row(durable=True, input=order.input, state="queued" if queued else "running")
    if not queued:
        row.started_at, row.attempt_count, row.lease_token = clock.now(), 1, secrets.token_hex(16)
        row.lease_until = db.after(runtime.database.engine.dialect.name, LEASE_SECONDS)  # type: ignore[assignment]
    with runtime.database.write() as session:
        if callback is not None:
            session.add(Endpoint(**callback.model_dump()))
            row.callback_id = callback.id
        session.add(row)
        session.flush()
        if key is not None:
            _take_key(session, order, key, row)
        if queued:
            auditing.note(session, order.caller, f"run.queue {order.action.name}", row.id, run_id=row.id)
    return row


def _take_key(session: Session, order: Order, key: str, row: Run) -> None:
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert(IdempotencyKey)
    taken = IdempotencyKey(
        owner=order.caller.api_key_id or "", key=key, fingerprint=_fingerprint(order), run_id=row.id
    )
    statement = insert.values(**taken.model_dump()).on_conflict_do_nothing()
    if session.execute(statement.returning(col(IdempotencyKey.id))).scalar() is None:
        raise _KeyTaken


def _first(runtime: Runtime, order: Order, key: str) -> Run | None:
    """Return the run that was first asked for under a key; None when the key was given free meanwhile."""
    owner = order.caller.api_key_id or ""
    with runtime.database.read() as session:
        known = session.exec(
            select(IdempotencyKey).where(IdempotencyKey.owner == owner, IdempotencyKey.key == key)
        ).first()
    if known is None:
        return None
    if known.fingerprint != _fingerprint(order):
        raise errors.IdempotencyKeyReused(
            "this Idempotency-Key was sent with another request; take a new one"
        )
    return runs.get(runtime, order.caller, known.run_id)


def _fingerprint(order: Order) -> str:
    asked = [order.action.name, order.connection.id, order.input]
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
