"""What is watched: connections, their watches, and what was last seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bridge.models.columns import identifier, json_column, moment


class Connection(SQLModel, table=True):
    """A Pinecone API key and project, sealed at rest; and the service account of its organization, if given."""

    __tablename__: ClassVar[str] = "connection"
    id: str = identifier("conn")
    name: str = Field(unique=True, max_length=80)
    host: str
    sealed_api_key: bytes = Field(sa_type=LargeBinary)
    api_key_hint: str
    sealed_client_id: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_client_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    is_default: bool = False
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


class Budget(SQLModel, table=True):
    """The calls to Pinecone that the watches of one connection may make together.

    connection_id: no foreign key, so that spending waits for no one who changes the connection.
    calls_per_minute: None = as the settings say. spent_until_at: when all that was spent is earned again.
    """

    __tablename__: ClassVar[str] = "budget"
    connection_id: str = Field(primary_key=True)
    calls_per_minute: int | None = None
    spent_until_at: datetime | None = moment(nullable=True)
    call_count: int = Field(default=0, sa_type=BigInteger)


class Watch(SQLModel, table=True):
    """The stored order "run this trigger on this connection with these options".

    looks: {part: {looked_at, tried_at, error}} of kinds that are looked at part by part.
    hurried_at: parts that were looked at before this moment are due, whatever the interval says.
    """

    __tablename__: ClassVar[str] = "watch"
    __table_args__ = (Index("ix_watch_due", "next_poll_at", sqlite_where=text("state = 'active'"),
                            postgresql_where=text("state = 'active'")),)  # fmt: skip
    id: str = identifier("watch")
    connection_id: str = Field(foreign_key="connection.id", index=True, ondelete="CASCADE")
    trigger: str
    options: dict[str, Any] = json_column()
    interval_seconds: int
    state: str = "active"
    reason: str | None = None
    next_poll_at: datetime = moment(default_now=True)
    baseline_at: datetime | None = moment(nullable=True)
    last_poll_at: datetime | None = moment(nullable=True)
    last_success_at: datetime | None = moment(nullable=True)
    failure_count: int = 0
    last_error: str | None = None
    last_error_code: str | None = None
    looks: dict[str, Any] = json_column()
    hurried_at: datetime | None = moment(nullable=True)
    last_call_count: int = 0
    call_count: int = Field(default=0, sa_type=BigInteger)
    lease_token: str | None = None
    lease_until: datetime | None = moment(nullable=True)
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


class ResourceRow(SQLModel, table=True):
    """What was last seen of one thing; shared by the watches of its connection and kind.

    watch_id: the one watch it belongs to, where what is told depends on the watch's options; "" = shared.
    missing_since_at: since when looks have not found it, or not found it as it was.
    """

    __tablename__: ClassVar[str] = "resource"
    __table_args__ = (UniqueConstraint("connection_id", "kind", "watch_id", "life"),)
    id: str = identifier("res")
    connection_id: str = Field(foreign_key="connection.id", ondelete="CASCADE")
    kind: str
    watch_id: str = ""
    key: str
    life: str
    status: str | None = None
    version: int = 1
    body: dict[str, Any] = json_column()
    missing_since_at: datetime | None = moment(nullable=True)
    deleted_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)
