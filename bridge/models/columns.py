"""The kinds of columns that the tables are made of, and the ids of their rows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import uuid_utils
from sqlalchemy import JSON, Column, DateTime, Dialect
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field

from bridge import clock

Json: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
AsWritten: Final = JSON(none_as_null=True)
"""JSON whose fields stay in their order, which PostgreSQL's JSONB does not promise."""


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, aware on both sides; SQLite, which has no time zones, stores it without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware moment into UTC, without its zone where the database has none."""
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give the moment its time zone back."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def new_id(prefix: str) -> str:
    """Return a new id: the prefix and a UUIDv7 (RFC 9562), so that ids sort by time."""
    return f"{prefix}_{uuid_utils.uuid7().hex}"


def identifier(prefix: str) -> Any:
    """Return the primary key: an id with this prefix."""
    return Field(default_factory=lambda: new_id(prefix), primary_key=True, max_length=40)


def moment(*, index: bool = False, nullable: bool = False, default_now: bool = False) -> Any:
    """Return a column of a moment in UTC."""
    extra = {"default_factory": clock.now} if default_now else {"default": None} if nullable else {}
    return Field(sa_type=UtcDateTime, nullable=nullable, index=index, **extra)


def json_column(*, nullable: bool = False, empty: type[Any] = dict) -> Any:
    """Return a column of JSON, JSONB on PostgreSQL."""
    extra: dict[str, Any] = {"default": None} if nullable else {"default_factory": empty}
    return Field(sa_column=Column(Json, nullable=nullable), **extra)
