from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine.interfaces import CacheStats
from sqlmodel import col, select

from bridge import clock, resources
from bridge.absence import Settled
from bridge.models import Connection, ResourceRow
from bridge.plugin import Resource
from bridge.resources import Shelf
from bridge.runtime import Runtime

MANY = 3_000


def test_many_new_resources_are_written_by_a_statement_that_is_compiled_once(runtime: Runtime) -> None:
    compiled: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _values: Any, context: Any, _many: bool) -> None:
        if context.compiled and context.cache_hit is not CacheStats.CACHE_HIT:
            compiled.append(statement)

    with runtime.database.read() as session:
        shelf = Shelf(session.exec(select(Connection.id)).one(), "namespaces")
    _write(runtime, shelf, "first", 2)
    event.listen(runtime.database.engine, "before_cursor_execute", note)
    _write(runtime, shelf, "then", MANY)
    event.remove(runtime.database.engine, "before_cursor_execute", note)
    with runtime.database.read() as session:
        rows = session.exec(select(ResourceRow.key).order_by(col(ResourceRow.key))).all()
    assert (compiled, rows[:2], len(rows)) == ([], ["first-0", "first-1"], MANY + 2)


def _write(runtime: Runtime, shelf: Shelf, name: str, count: int) -> None:
    lives = {f"{name}-{n}": Resource(f"{name}-{n}", f"{name}-{n}", None, {"n": n}) for n in range(count)}
    with runtime.database.write() as session:
        places = resources.write(session, {}, Settled(lives, {}), shelf, clock.now())
    assert places.keys() == lives.keys()
