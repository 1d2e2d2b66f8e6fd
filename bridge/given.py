"""Given: lists and rows as one parameter, so that a statement stays the same however many there are.

A statement that stays the same is built, compiled and planned once; and one statement for many rows gives the
interpreter up once, where a row at a time the thread that sends would have to be waited for again and again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    SQLColumnExpression,
    String,
    any_,
    bindparam,
    column,
    func,
    literal_column,
    select,
)
from sqlalchemy.types import TypeEngine

from bridge.models import Json


def among(dialect: str, what: SQLColumnExpression[str], name: str) -> ColumnElement[bool]:
    """Whether a column is in the list of strings that the parameter `name` is given."""
    value = bindparam(name, type_=Json)
    if dialect == "sqlite":
        return what.in_(select(func.json_each(value).table_valued("value").c.value))
    # As an array made once, for which an index is used; its driver takes longer to write an array than JSON.
    listed = select(func.jsonb_array_elements_text(value)).scalar_subquery()
    return what == any_(func.array(listed, type_=ARRAY(String)))


def rows(dialect: str, name: str, **types: TypeEngine[Any] | type[TypeEngine[Any]]) -> FromClause:
    """Return the rows that the parameter `name` is given as a list of dicts, with columns of these types."""
    value = bindparam(name, type_=Json)
    if dialect == "sqlite":
        each = func.json_each(value).table_valued("value", name="each")
        columns = (
            func.json_extract(each.c.value, f"$.{key}", type_=kind).label(key) for key, kind in types.items()
        )
        return select(*columns).subquery(name)
    named = (column(key, kind) for key, kind in types.items())
    return func.jsonb_to_recordset(value).table_valued(*named).render_derived(name=name, with_types=True)


def moment(dialect: str, at: datetime) -> str:
    """Write a moment as a value of such a row."""
    there = at.astimezone(UTC)
    return (
        there.isoformat()
        if dialect == "postgresql"
        else there.replace(tzinfo=None).isoformat(" ", "microseconds")
    )


def word(text: str) -> ColumnElement[str]:
    """Write a word of ours into a statement: a partial index is of use only where its condition is seen."""
    return literal_column(f"'{text}'", String)
