"""Prepared statements: compiled once and run as the driver takes them, for what runs hundreds of times a second.

SQLAlchemy's work for each execution, and its sessions', costs more than many a small statement itself. SQLite's driver
gives the interpreter up at each row, and a thread that sends would have to be waited for each time: there the rows of
a SELECT come as one value.
"""

from __future__ import annotations

from collections import deque, namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, cast

import orjson
from sqlalchemy import Connection, Dialect, Executable, Float, Select, String, func, select
from sqlalchemy.types import TypeEngine

KEPT: Final = 256


class Prepared(NamedTuple):
    """A statement as a driver takes it.

    order: the names of its parameters, None where they go by name. fixed: those that are always the same. binds:
    how what is given becomes what the driver takes. row: makes a tuple of its columns; None where it returns none.
    readers: how what is read in a place becomes what it means. gathered: whether all rows come as one value.
    """

    sql: str
    order: list[str] | None
    fixed: Mapping[str, Any]
    binds: Mapping[str, Callable[[Any], Any]]
    row: Callable[[Sequence[Any]], Any] | None
    readers: Sequence[tuple[int, Callable[[Any], Any]]]
    gathered: bool

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """Return the parameters as the driver takes them."""
        bound = {
            name: self.binds[name](value) if name in self.binds else value for name, value in given.items()
        }
        named = {**self.fixed, **bound}
        return named if self.order is None else tuple([named[name] for name in self.order])

    def read(self, found: Sequence[Any]) -> Any:
        """Return a row with its columns as attributes."""
        assert self.row is not None  # noqa: S101 - what returns no rows has none to read
        if self.readers:
            found = [*found]
            for place, reader in self.readers:
                found[place] = reader(found[place])
        return self.row(found)


class Lookups:
    """Connections that are kept for lookups alone: a pool's care for one costs more than a lookup.

    dial: opens one. is_lost: whether what was raised says that the server has let go of it.
    """

    def __init__(self, dial: Callable[[], Any], is_lost: Callable[[Exception], bool]) -> None:
        self._dial = dial
        self._is_lost = is_lost
        self._kept: deque[Any] = deque()

    def first(self, prepared: Prepared, given: Mapping[str, Any]) -> Any | None:
        """Return the first row, None without one. Raises what the driver raises."""
        values = prepared.parameters(given)
        try:
            found = self._first(self._kept.pop(), prepared.sql, values)
        except IndexError:
            found = self._first(self._dial(), prepared.sql, values)
        except Exception as error:
            if not self._is_lost(error):
                raise
            # The server was restarted; whether it answers now, a new one tells.
            found = self._first(self._dial(), prepared.sql, values)
        return None if found is None else prepared.read(found)

    def close(self) -> None:
        """Close those that nobody is using."""
        while self._kept:
            self._kept.pop().close()

    def _first(self, driver: Any, sql: str, values: Any) -> Any:
        try:
            cursor = driver.execute(sql, values)
            found = cursor.fetchone()
            cursor.close()
        except BaseException:
            driver.close()
            raise
        self._kept.append(driver)
        return found


def run(connection: Connection, statement: Executable, given: Mapping[str, Any]) -> list[Any]:
    """Run a statement that its maker keeps; return its rows, with their columns as attributes.

    given: its parameters by name.
    """
    prepared = prepare(statement, connection.dialect, gathering=True)
    result = connection.exec_driver_sql(prepared.sql, prepared.parameters(given))
    if prepared.row is None:
        return []
    found = orjson.loads(result.scalar_one()) if prepared.gathered else result.all()
    return [prepared.read(row) for row in found]


@lru_cache(maxsize=KEPT)
def prepare(statement: Executable, dialect: Dialect, *, gathering: bool = False) -> Prepared:
    """Compile a statement. gathering: all rows as one value, where the driver is slow at many."""
    columns = [*getattr(statement, "exported_columns", ())]
    gathered, whole = False, cast("Any", statement)
    if gathering and dialect.name == "sqlite" and isinstance(statement, Select):
        rows = func.json_array(*statement.subquery().c)
        gathered, whole = True, select(func.json_group_array(rows, type_=String))
    compiled = whole.compile(dialect=dialect)
    bounds = {name: bound for bound, name in compiled.bind_names.items()}
    types = {name: bound.type.dialect_impl(dialect) for name, bound in bounds.items()}
    binds = {name: bind for name, impl in types.items() if (bind := impl.bind_processor(dialect))}
    readers = [_reader(column.type, dialect) for column in columns]
    return Prepared(
        compiled.string,
        compiled.positiontup,
        {name: binds[name](bound.value) if name in binds else bound.value
         for name, bound in bounds.items() if not bound.required},
        binds,
        _row([column.key for column in columns]) if columns else None,
        [(place, reader) for place, reader in enumerate(readers) if reader],
        gathered,
    )  # fmt: skip


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    # Numbers are numbers already, and SQLAlchemy would ask the cursor of which kind.
    return None if isinstance(kind, Float) else kind.dialect_impl(dialect).result_processor(dialect, None)


def _row(names: list[str]) -> Callable[[Sequence[Any]], Any]:
    kind: Any = namedtuple("Row", names)  # type: ignore[misc]  # noqa: PYI024 - the statement names them
    return kind._make
