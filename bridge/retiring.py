"""Retiring: endpoints that are to be sent no more, and what they were still owed.

An endpoint that is removed is only marked, and its deliveries are cancelled a batch at a time: deleting both in
one transaction would hold up everyone for as long as its backlog is long, and could lock itself against the
settling of deliveries under way. Pruning clears the rows away.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, String, Table, cast, literal, select, update
from sqlmodel import Session

from bridge import db
from bridge.models import Delivery, Endpoint

CANCEL_BATCH: Final = 1_000

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same


def retire(session: Session, which: ColumnElement[bool]) -> None:
    """Mark endpoints as removed: nobody sees them any more, and their secrets are gone at once."""
    session.execute(
        update(_endpoint)
        .where(which, _endpoint.c.state != "removed")
        .values(
            state="removed",
            # The same URL may be subscribed anew.
            fingerprint=literal("removed ") + cast(_endpoint.c.id, String),
            sealed_url=b"",
            sealed_secret=b"",
            sealed_old_secrets=[],
            sealed_headers=None,
            updated_at=db.database_now(session.get_bind().dialect.name),
        )
    )


def retire_answered(session: Session) -> None:
    """Retire the endpoints of callbacks that nothing is owed any more: each is for one answer."""
    theirs = select(_delivery.c.id).where(_delivery.c.endpoint_id == _endpoint.c.id)
    waits = theirs.where(_delivery.c.state.in_(("pending", "sending")))
    retire(session, (_endpoint.c.kind == "callback") & theirs.exists() & ~waits.exists())


def cancel_unwanted(session: Session) -> int:
    """Cancel a batch of what disabled and removed endpoints are owed; return how many were cancelled."""
    gone = select(_endpoint.c.id).where(_endpoint.c.state.in_(("disabled", "removed")))
    unwanted = (
        select(_delivery.c.id)
        .where(_delivery.c.state == "pending", _delivery.c.endpoint_id.in_(gone))
        .limit(CANCEL_BATCH)
    )
    cancelled = session.execute(
        update(_delivery)
        .where(_delivery.c.id.in_(unwanted.with_for_update(skip_locked=True)))
        .values(state="cancelled", finished_at=db.database_now(session.get_bind().dialect.name))
    )
    return cancelled.rowcount  # type: ignore[attr-defined, no-any-return]  # an UPDATE's result has it
