"""Alembic's environment: runs on the connection it is given, so that no second reader of settings exists."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from sqlmodel import AutoString, SQLModel

from bridge import models

NAMES = {models.UtcDateTime: "models.UtcDateTime()", AutoString: "sa.String()"}


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Write our column types by their names, so that a step reads as a person would write it."""
    if kind != "type":
        return False
    if item is models.Json:
        return "models.Json"
    return next(
        (name for known, name in NAMES.items() if isinstance(item, known)),
        False,
    )


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
