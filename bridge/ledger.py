"""The statements of the ledger of deliveries: each is built once for a kind of database, whatever it is given."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Float,
    Insert,
    Integer,
    Select,
    String,
    Table,
    Update,
    bindparam,
    case,
    insert,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from bridge import db, due, given
from bridge.models import Attempt, Delivery

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_attempt: Final[Table] = Attempt.__table__  # type: ignore[attr-defined]  # same


@cache
def leased(dialect: str, groups: int) -> ReturningUpdate[Any]:
    """Lease due deliveries. Parameters: `token`, `lease_seconds`, `limit`, and those of `due.candidates`."""
    chosen = (
        select(_delivery.c.id)
        .where(
            _delivery.c.state == given.word("pending"), _delivery.c.id.in_(due.candidates(dialect, groups))
        )
        .order_by(_delivery.c.next_at, _delivery.c.id)
        .limit(bindparam("limit", type_=Integer()))
    )
    if dialect != "sqlite":
        # MATERIALIZED: as a plain subquery the planner may run it again and lease more than `limit`.
        picked = chosen.with_for_update(skip_locked=True).cte("picked").prefix_with("MATERIALIZED")
        chosen = select(picked.c.id)
    return (
        update(_delivery)
        .where(_delivery.c.id.in_(chosen))
        .values(
            state="sending",
            attempt_count=_delivery.c.attempt_count + 1,
            lease_token=bindparam("token"),
            lease_until=db.after(dialect, bindparam("lease_seconds", type_=Float())),
        )
        .returning(
            _delivery.c.id,
            _delivery.c.event_id,
            _delivery.c.endpoint_id,
            _delivery.c.attempt_count,
            _delivery.c.prior_count,
            _delivery.c.next_at,
        )
    )


@cache
def held(dialect: str) -> Select[tuple[str, str, str | None]]:
    """Hold deliveries, in one order, and tell by whom they are leased. Parameter: `ids`."""
    return (
        select(_delivery.c.id, _delivery.c.state, _delivery.c.lease_token)
        .where(given.among(dialect, _delivery.c.id, "ids"))
        .order_by(_delivery.c.id)
        .with_for_update()
    )


@cache
def settled(dialect: str) -> Update:
    """Write what follows from attempts. Parameter: `outcomes`, rows of id, token, state, wait (seconds) and done."""
    rows = given.rows(dialect, "outcomes", id=String, token=String, state=String, wait=Float, done=Boolean)
    return (
        update(_delivery)
        .where(
            _delivery.c.id == rows.c.id,
            _delivery.c.state == given.word("sending"),
            _delivery.c.lease_token == rows.c.token,
        )
        .values(
            state=rows.c.state,
            next_at=db.after(dialect, rows.c.wait),
            finished_at=case((rows.c.done, db.database_now(dialect)), else_=None),
            lease_token=None,
            lease_until=None,
        )
    )


@cache
def attempted(dialect: str) -> Insert:
    """Write attempts down. Parameter: `attempts`, rows of the table."""
    types = {column.name: column.type for column in _attempt.columns}
    rows = given.rows(dialect, "attempts", **types)
    return insert(_attempt).from_select(list(types), select(*(rows.c[name] for name in types)))
