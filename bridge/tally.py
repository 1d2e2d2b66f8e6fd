"""The tally: how often something was asked in a period, counted together by all processes that share a database."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from bridge import clock
from bridge.db import Database
from bridge.models import RequestRate


def add(database: Database, key: str, amount: int, seconds: float) -> int:
    """Count under a key, which is worth nothing after so many seconds; return what it counts now."""
    now = clock.now()
    insert = (sqlite if database.is_sqlite else postgresql).insert(RequestRate)
    row = insert.values(key=key, count=amount, expires_at=now + timedelta(seconds=seconds))
    counting = row.on_conflict_do_update(
        index_elements=["key"], set_={"count": col(RequestRate.count) + amount}
    )
    with database.write() as session:
        if not database.is_sqlite:  # what a power cut takes from a count is no loss
            session.execute(text("SET LOCAL synchronous_commit = off"))
        count: int = session.execute(counting.returning(col(RequestRate.count))).scalar_one()
        if count == amount:  # a new period has begun: what is older than the one before goes
            session.execute(delete(RequestRate).where(col(RequestRate.expires_at) < now))
    return count


def counted(database: Database, key: str) -> int:
    """Return what a key counts."""
    with database.read() as session:
        return session.scalar(select(col(RequestRate.count)).where(col(RequestRate.key) == key)) or 0
