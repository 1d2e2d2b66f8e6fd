"""The budget: how many calls to Pinecone the watches of one connection make in a minute, over all workers.

What was spent is earned again evenly over time, up to a minute's worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, select

from bridge import auditing, connecting, db
from bridge.access import Caller
from bridge.models import Budget
from bridge.runtime import Runtime

MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Left:
    """A connection's budget at this moment.

    left: calls that may be made at once. wait_seconds: until there is one. call_count: all that were counted.
    own: whether the connection has a limit of its own.
    """

    connection_id: str
    calls_per_minute: int
    left: int
    wait_seconds: float
    call_count: int
    own: bool


def get(runtime: Runtime, caller: Caller, connection: str) -> Left:
    """Return the budget of a connection (id or name). Raises UnknownConnection."""
    connection_id = connecting.chosen(runtime, caller, connection).id
    with runtime.database.read() as session:
        return left(session, connection_id, runtime.settings.calls_per_minute)


def update(runtime: Runtime, caller: Caller, connection: str, *, calls_per_minute: int | None) -> Left:
    """Give a connection a limit of its own; None = as the settings say. Raises UnknownConnection."""
    connection_id = connecting.chosen(runtime, caller, connection).id
    with runtime.database.write() as session:
        held(session, connection_id).calls_per_minute = calls_per_minute
        auditing.note(session, caller, "budget.update", connection_id)
        session.flush()
        return left(session, connection_id, runtime.settings.calls_per_minute)


def left(session: Session, connection_id: str, usual: int) -> Left:
    """Read what a connection may still spend; `usual` calls a minute unless it has a limit of its own."""
    row = session.get(Budget, connection_id)
    limit = (row and row.calls_per_minute) or usual
    owed = 0.0
    if row and row.spent_until_at:
        owed = max(0.0, (row.spent_until_at - _now(session)).total_seconds())
    calls = (MINUTE - owed) * limit / MINUTE
    return Left(
        connection_id,
        limit,
        max(0, math.floor(calls)),
        max(0.0, (1 - calls) * MINUTE / limit),
        row.call_count if row else 0,
        bool(row and row.calls_per_minute),
    )


def spend(session: Session, connection_id: str, calls: int, usual: int) -> None:
    """Note calls that were made; what is above the limit is owed and waited for."""
    if not calls:
        return
    row = held(session, connection_id)
    now = _now(session)
    cost = timedelta(seconds=calls * MINUTE / (row.calls_per_minute or usual))
    row.spent_until_at = max(row.spent_until_at or now, now) + cost
    row.call_count += calls


def held(session: Session, connection_id: str) -> Budget:
    """Read the row of a connection, made when it is not there, and hold it until the transaction ends."""
    held = select(Budget).where(col(Budget.connection_id) == connection_id).with_for_update()
    held = held.execution_options(populate_existing=True)
    if row := session.exec(held).first():
        return row
    insert = (sqlite if session.get_bind().dialect.name == "sqlite" else postgresql).insert
    made = insert(Budget).values(connection_id=connection_id, call_count=0)
    session.execute(made.on_conflict_do_nothing())
    return session.exec(held).one()


def _now(session: Session) -> datetime:
    """Return the moment by the database's clock, which all workers share."""
    now: datetime = session.execute(select(db.database_now(session.get_bind().dialect.name))).scalar_one()
    return now
