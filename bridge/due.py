"""What is due: chooses deliveries endpoint by endpoint, so that nobody's backlog is walked over to reach another's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    Subquery,
    Table,
    bindparam,
    func,
    or_,
    select,
    text,
    true,
    union_all,
)

from bridge import db, given
from bridge.models import Delivery, Endpoint

_delivery: Final[Table] = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel hides it
_endpoint: Final[Table] = Endpoint.__table__  # type: ignore[attr-defined]  # same
_mine: Final = _delivery.alias("mine")
_other: Final = _delivery.alias("other")
_before: Final = _delivery.alias("before")
_earlier: Final = select(_before.c.id).where(
    _before.c.endpoint_id == _mine.c.endpoint_id,
    _before.c.order_key == _mine.c.order_key,
    _before.c.event_id < _mine.c.event_id,
    # As the index of what is unfinished has it, word for word.
    text("before.order_key IS NOT NULL AND before.state IN ('pending', 'sending')"),
)


def candidates(dialect: str, groups: int) -> Subquery:
    """Choose due deliveries, oldest first of each endpoint and of each no more than it is allowed: `id`, `next_at`.

    Its parameters are a list of endpoints and a limit for each group of endpoints that are allowed the same:
    `asked_0`, `each_0` … On PostgreSQL the rows are locked, those that others have locked left out.
    """
    chosen: list[Select[Any]] = [_group(dialect, place) for place in range(groups)]
    if dialect != "sqlite":
        chosen = [
            select(one.cte(f"group_{place}").prefix_with("MATERIALIZED")) for place, one in enumerate(chosen)
        ]
    return union_all(*chosen).subquery("candidates")


def parameters(allowed: Mapping[str, int]) -> dict[str, Any]:
    """Return the parameters of `candidates`. allowed: how many by endpoint."""
    groups: dict[int, list[str]] = defaultdict(list)
    for endpoint_id, count in allowed.items():
        groups[count].append(endpoint_id)
    asked = {f"asked_{place}": ids for place, ids in enumerate(groups.values())}
    return asked | {f"each_{place}": count for place, count in enumerate(groups)}


def now(dialect: str) -> ScalarSelect[datetime]:
    """Return the database's clock as a subquery: bare, PostgreSQL's could not be used with an index."""
    return select(db.database_now(dialect)).scalar_subquery()


def _group(dialect: str, place: int) -> Select[Any]:
    asked_for = given.among(dialect, _endpoint.c.id, f"asked_{place}")
    limit = bindparam(f"each_{place}", type_=Integer())
    if dialect == "sqlite":
        mine = _due_of(_endpoint, dialect, limit).correlate(_endpoint).scalar_subquery()
        joined = _endpoint.join(_other, _other.c.id.in_(mine))
        return select(_other.c.id, _other.c.next_at).select_from(joined).where(asked_for)
    # In random order, so that no endpoint is always the last when there are more than free slots; locked in
    # here, so that other workers, who are asking at the same time, take the next ones instead of none.
    asked = select(_endpoint.c.id).where(asked_for).order_by(func.random()).subquery("asked")
    one = _due_of(asked, dialect, limit).add_columns(_mine.c.next_at)
    due = one.with_for_update(skip_locked=True).lateral("due")
    return select(due.c.id, due.c.next_at).select_from(asked.join(due, true()))


def _due_of(endpoint: FromClause, dialect: str, limit: BindParameter[int]) -> Select[Any]:
    return (
        select(_mine.c.id)
        .where(
            _mine.c.endpoint_id == endpoint.c.id,
            _mine.c.state == given.word("pending"),
            _mine.c.next_at <= now(dialect),
            or_(_mine.c.order_key.is_(None), ~_earlier.exists()),
        )
        .order_by(_mine.c.next_at, _mine.c.id)
        .limit(limit)
    )
