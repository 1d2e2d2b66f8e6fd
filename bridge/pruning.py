"""Pruning: what is older than the settings keep it is cleared away, in small batches with pauses between them.

Ids sort by time, so each batch is a short walk along a primary key. An event goes with its deliveries and their
attempts, and not before each of those has ended. How far events are gone is written down, so that whoever pulls
them is told of a gap instead of stepping over it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, Table, case, delete, exists, select, update
from sqlmodel import Session

from bridge import clock, retiring
from bridge.models import Attempt, Counter, Delivery, Endpoint, Event, File, FileChunk, IdempotencyKey, Run
from bridge.runtime import Runtime

BATCH: Final = 500
MAX_PAUSE_SECONDS: Final = 1.0
KEEP_KEYS_DAYS: Final = 1
KEEP_FILES_DAYS: Final = 1
UNFINISHED: Final = ("pending", "sending")
ENDED_RUNS: Final = ("succeeded", "failed", "cancelled")

_attempt: Final[Table] = Attempt.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_counter: Final[Table] = Counter.__table__  # type: ignore[attr-defined]  # same
_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # same
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same
_event: Final[Table] = Event.__table__  # type: ignore[attr-defined]  # same
_chunk: Final[Table] = FileChunk.__table__  # type: ignore[attr-defined]  # same
_file: Final[Table] = File.__table__  # type: ignore[attr-defined]  # same
_key: Final[Table] = IdempotencyKey.__table__  # type: ignore[attr-defined]  # same
_run: Final[Table] = Run.__table__  # type: ignore[attr-defined]  # same
_sibling: Final = _delivery.alias("sibling")


@dataclass(frozen=True, slots=True)
class Kind:
    """What is cleared away together: up to a place in the order of `order`, where the condition holds."""

    table: Table
    order: Any
    condition: ColumnElement[bool]
    before: str | None
    then: Callable[[Session, list[RowMapping]], None] | None = None


def prune(runtime: Runtime, stop: threading.Event | None = None) -> dict[str, int]:
    """Clear away what is too old until nothing is, or until told to stop; return how many rows by table.

    Attempts that went with their delivery, and deliveries that went with a connection, are not counted.
    """
    stop = stop or threading.Event()
    with runtime.database.write() as session:
        retiring.retire_answered(session)
    counts: dict[str, int] = {}
    for kind in _kinds(runtime):
        last, more = "", True
        while more and not stop.is_set():
            began = clock.monotonic()
            rows = _batch(runtime, kind, last)
            counts[kind.table.name] = counts.get(kind.table.name, 0) + len(rows)
            more = len(rows) == BATCH
            last = max((row["place"] for row in rows), default=last)
            # As long as it worked it rests: claims and settles come first.
            if more:
                stop.wait(min(clock.monotonic() - began, MAX_PAUSE_SECONDS))
    return {name: count for name, count in counts.items() if count}


def _kinds(runtime: Runtime) -> list[Kind]:
    settings = runtime.settings
    sibling = exists().where(_sibling.c.event_id == _delivery.c.event_id, _sibling.c.state.in_(UNFINISHED))
    owed = exists().where(_delivery.c.event_id == _event.c.id)
    left = exists().where(_delivery.c.endpoint_id == _endpoint.c.id)
    events = settings.keep_events_days
    kinds = [
        (settings.keep_attempts_days, Kind(_attempt, _attempt.c.id, _attempt.c.id > "", "att")),
        (events, Kind(_delivery, _delivery.c.event_id, ~sibling, "evt")),
        (events, Kind(_event, _event.c.id, ~owed, "evt", _tell_how_far)),
        # Chunk by chunk: to delete a large file at once would hold up everybody.
        (KEEP_FILES_DAYS, Kind(_chunk, _chunk.c.id, _chunk.c.id > "", "chunk")),
        (KEEP_FILES_DAYS, Kind(_file, _file.c.id, _file.c.id > "", "file")),
        (KEEP_KEYS_DAYS, Kind(_key, _key.c.id, _key.c.id > "", "idem")),
        (settings.keep_runs_days, Kind(_run, _run.c.id, _run.c.state.in_(ENDED_RUNS), "run")),
    ]
    now = clock.now()
    timely = [
        Kind(
            kind.table,
            kind.order,
            kind.condition,
            _id_at(f"{kind.before}", now - timedelta(days=days)),
            kind.then,
        )
        for days, kind in kinds
        if days
    ]
    return [*timely, Kind(_endpoint, _endpoint.c.id, (_endpoint.c.state == "removed") & ~left, None)]


def _batch(runtime: Runtime, kind: Kind, last: str) -> list[RowMapping]:
    with runtime.database.write() as session:
        rows = list(session.execute(_chosen(kind, last)).mappings())
        if rows:
            if kind.then is not None:
                kind.then(session, rows)
            session.execute(delete(kind.table).where(kind.table.c.id.in_([row["id"] for row in rows])))
        return rows


def _chosen(kind: Kind, last: str) -> Select[Any]:
    columns = [kind.table.c.id, kind.order.label("place")]
    if kind.table is _event:
        columns.append(_event.c.position)
    chosen = select(*columns).where(kind.order >= last, kind.condition)
    if kind.before is not None:
        chosen = chosen.where(kind.order < kind.before)
    # What another worker holds is left to it; so is what is being settled.
    return chosen.order_by(kind.order).limit(BATCH).with_for_update(skip_locked=True, of=kind.table)


def _tell_how_far(session: Session, rows: list[RowMapping]) -> None:
    furthest = max(row["position"] or 0 for row in rows)
    session.execute(
        update(_counter)
        .where(_counter.c.name == "event_pruned")
        .values(value=case((_counter.c.value < furthest, furthest), else_=_counter.c.value))
    )


def _id_at(prefix: str, moment: datetime) -> str:
    return f"{prefix}_{int(moment.timestamp() * 1000):012x}"
