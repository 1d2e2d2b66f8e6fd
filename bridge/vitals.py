"""The vital signs: whether the bridge can work, and the figures that tell how it is doing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col

from bridge import errors, migrations
from bridge.db import Database
from bridge.errors import Fault
from bridge.models import Delivery, Event, Watch, Worker

WORKER_SECONDS: Final = 30
"""A worker that has given no sign of life for longer counts as gone."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is stored now. Ages are in seconds; None where there is nothing that could be old."""

    deliveries: dict[str, int]
    oldest_due_seconds: float | None
    events: dict[str, int]
    watches: dict[str, int]
    watch_failures: int
    heartbeat_seconds: float | None


def figures(database: Database) -> Figures:
    """Read the figures from the database."""
    with database.read() as session:
        due = (col(Delivery.state) == "pending") & (col(Delivery.next_at) <= database.now())
        failures = select(func.coalesce(func.sum(col(Watch.failure_count)), 0))
        return Figures(
            deliveries=_counted(session, col(Delivery.state)),
            oldest_due_seconds=_age(
                session, database, session.scalar(select(func.min(col(Delivery.next_at))).where(due))
            ),
            events=_counted(session, col(Event.type)),
            watches=_counted(session, col(Watch.state)),
            watch_failures=session.scalar(failures) or 0,
            heartbeat_seconds=_heartbeat(session, database),
        )


def lacks(database: Database) -> tuple[Fault, ...]:
    """Return what the bridge lacks to do its work: a database, a migration, or a worker; nothing = ready."""
    try:
        if migrations.pending(database):
            return (Fault("/migrations", "a migration is missing: run `python -m bridge migrate`"),)
        with database.read() as session:
            age = _heartbeat(session, database)
    except (SQLAlchemyError, errors.Busy, errors.NotReady):
        return (Fault("/database", "the database does not answer: look at DATABASE_URL and at its server"),)
    if age is None or age > WORKER_SECONDS:
        seen = "none was ever seen" if age is None else f"the last sign of life was {age:.0f} s ago"
        return (Fault("/worker", f"no worker runs ({seen}): start `python -m bridge work`"),)
    return ()


def _heartbeat(session: Session, database: Database) -> float | None:
    return _age(session, database, session.scalar(select(func.max(col(Worker.heartbeat_at)))))


def _age(session: Session, database: Database, moment: datetime | None) -> float | None:
    if moment is None:
        return None
    now = session.scalar(select(database.now()))
    return max(0.0, (now - moment).total_seconds()) if now else None


def _counted(session: Session, column: object) -> dict[str, int]:
    rows = session.execute(select(column, func.count()).group_by(column))  # type: ignore[call-overload]
    return {name: count for name, count in rows}  # noqa: C416 - rows are not pairs to dict()
