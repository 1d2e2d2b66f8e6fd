"""The statements of the ledger of deliveries: each is built once for a kind of database, whatever it is given.

PostgreSQL claims in one statement and settles in one, because each is a way to the server and back. SQLite, where that
costs nothing, does the same in two and three.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    FromClause,
    Insert,
    Integer,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    case,
    insert,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from bridge import db, due, given
from bridge.models import Attempt, Delivery, Endpoint

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_attempt: Final[Table] = Attempt.__table__  # type: ignore[attr-defined]  # same
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same
_claimed: Final = (
    _delivery.c.id,
    _delivery.c.event_id,
    _delivery.c.endpoint_id,
    _delivery.c.prior_count,
    # Only compared with others of its kind: what it is as a moment need not be made out.
    type_coerce(_delivery.c.next_at, String).label("next_at"),
)
_of_tries: Final = {
    **{column.name: column.type for column in _attempt.columns},
    "token": String(),
    "state": String(),
    "wait": Float(),
}


@cache
def chosen(dialect: str, groups: int) -> Select[Any]:
    """Choose due deliveries. Parameters: `limit`, and those of `due.candidates`."""
    return (
        select(*_claimed, (_delivery.c.attempt_count + 1).label("number"))
        .where(_delivery.c.id.in_(_oldest(dialect, groups)))
        .order_by(_delivery.c.next_at, _delivery.c.id)
    )


@cache
def leased(dialect: str) -> Update:
    """Lease deliveries, and count the attempt. Parameters: `ids`, `token`, `lease_seconds`."""
    return _leased(dialect).where(given.among(dialect, _delivery.c.id, "ids"))


@cache
def taken(dialect: str, groups: int) -> ReturningUpdate[Any]:
    """Choose and lease at once. Parameters: those of `chosen` and `leased`, but no ids."""
    # MATERIALIZED: as a plain subquery the planner may run it again and lease more than `limit`.
    picked = _oldest(dialect, groups).cte("picked").prefix_with("MATERIALIZED")
    return (
        _leased(dialect)
        .where(_delivery.c.id.in_(select(picked.c.id)))
        .returning(*_claimed, _delivery.c.attempt_count.label("number"))
    )


@cache
def held(dialect: str) -> Select[Any]:
    """Tell of each try whether its delivery is still leased to it, and whether its endpoint is ill; none where it is gone.

    Parameter: `tries`, rows of an attempt, and the token, state and wait (seconds) of its delivery.
    """
    return _held(_tries(dialect))


@cache
def settled(dialect: str) -> Update:
    """Write what follows for deliveries that are still leased. Parameter: `tries`."""
    rows = _tries(dialect)
    return _settled(dialect, rows).where(_mine(rows))


@cache
def attempted(dialect: str) -> Insert:
    """Write attempts down. Parameter: `tries`."""
    rows = _tries(dialect)
    return _attempted(select(*(rows.c[column.name] for column in _attempt.columns)))


@cache
def concluded(dialect: str) -> Select[Any]:
    """Do what `held`, `settled` and `attempted` do at once; deliveries are locked in one order. Parameters: `tries`, `ids`."""
    rows = select(_tries(dialect)).cte("tries").prefix_with("MATERIALIZED")
    # Named twice: the planner does not know how few tries there are, and would read the whole table for them.
    named = given.among(dialect, _delivery.c.id, "ids")
    locked = _held(rows).where(named).order_by(_delivery.c.id).with_for_update(of=_delivery)
    mine = locked.cte("held").prefix_with("MATERIALIZED")
    noted = [~mine.c.mine if column.name == "late" else rows.c[column.name] for column in _attempt.columns]
    attempts = _attempted(select(*noted).select_from(rows.join(mine, mine.c.id == rows.c.id)))
    written = _settled(dialect, rows).where(mine.c.id == rows.c.id, mine.c.mine)
    return select(mine).add_cte(written.cte("settled"), attempts.cte("attempted"))


def _oldest(dialect: str, groups: int) -> Select[tuple[str]]:
    due_ones = due.candidates(dialect, groups)
    limit = bindparam("limit", type_=Integer())
    return select(due_ones.c.id).order_by(due_ones.c.next_at, due_ones.c.id).limit(limit)


def _tries(dialect: str) -> FromClause:
    return given.rows(dialect, "tries", **_of_tries)


def _leased(dialect: str) -> Update:
    return update(_delivery).values(
        state="sending",
        attempt_count=_delivery.c.attempt_count + 1,
        lease_token=bindparam("token"),
        lease_until=db.after(dialect, bindparam("lease_seconds", type_=Float())),
    )


def _held(rows: FromClause) -> Select[Any]:
    ill = or_(_endpoint.c.failure_count > 0, _endpoint.c.trip_count > 0, _endpoint.c.told_failing)
    return select(rows.c.id, _mine(rows).label("mine"), ill.label("ill")).select_from(
        rows.join(_delivery, _delivery.c.id == rows.c.delivery_id).join(
            _endpoint, _endpoint.c.id == _delivery.c.endpoint_id
        )
    )


def _mine(rows: FromClause) -> ColumnElement[bool]:
    return and_(_delivery.c.state == given.word("sending"), _delivery.c.lease_token == rows.c.token)


def _settled(dialect: str, rows: FromClause) -> Update:
    done = rows.c.state != given.word("pending")
    return (
        update(_delivery)
        .where(_delivery.c.id == rows.c.delivery_id)
        .values(
            state=rows.c.state,
            next_at=db.after(dialect, rows.c.wait),
            finished_at=case((done, db.database_now(dialect)), else_=None),
            lease_token=None,
            lease_until=None,
        )
    )


def _attempted(rows: Select[Any]) -> Insert:
    return insert(_attempt).from_select([column.name for column in _attempt.columns], rows)
