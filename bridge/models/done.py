"""What is asked for and by whom: keys, runs, files, the audit; and the workers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bridge.models.columns import AsWritten, identifier, json_column, moment


class ApiKey(SQLModel, table=True):
    """A key to the bridge's own API: hashed, with scopes, limited to connections and indexes (None = all).

    indexes: globs. calls_per_minute: None = as the settings say.
    """

    __tablename__: ClassVar[str] = "api_key"
    id: str = identifier("key")
    name: str = Field(max_length=80)
    hash: str = Field(unique=True)
    hint: str
    scopes: list[str] = json_column()
    connection_ids: list[str] | None = json_column(nullable=True)
    indexes: list[str] | None = json_column(nullable=True)
    calls_per_minute: int | None = None
    created_at: datetime = moment(default_now=True)
    expires_at: datetime | None = moment(nullable=True)
    revoked_at: datetime | None = moment(nullable=True)
    last_used_at: datetime | None = moment(nullable=True)


class Workspace(SQLModel, table=True):
    """Where people chat: whom of a platform the bridge answers there, and what may be asked.

    external_id: how the platform calls it; None on Teams, where the secret alone says it. sealed_token: what the
    bot of Telegram sends with. embed: how texts become vectors, for an index without a model of its own.
    """

    __tablename__: ClassVar[str] = "workspace"
    id: str = identifier("chat")
    platform: str = Field(index=True)
    external_id: str | None = None
    name: str = Field(max_length=80)
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    secret_hint: str
    sealed_token: bytes | None = Field(default=None, sa_type=LargeBinary)
    connection_id: str = Field(foreign_key="connection.id", index=True, ondelete="CASCADE")
    index_name: str
    namespace: str
    embed: dict[str, Any] | None = json_column(nullable=True)
    commands: list[str] = json_column(empty=list)
    scopes: list[str] = json_column(empty=list)
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


class Run(SQLModel, table=True):
    """One execution of an action. Outputs marked writeOnce are stored as null.

    durable: it outlives its process: input and output are kept whole, and another worker goes on when its lease
    has run out. actor, remote: who asked, from where. place: how far it got, in the action's own words.
    prior_count: how many attempts had been made when it was last reopened by hand.
    callback_id: the endpoint that is owed its end.
    """

    __tablename__: ClassVar[str] = "run"
    __table_args__ = (
        Index("ix_run_due", "next_at", sqlite_where=text("state = 'queued'"),
              postgresql_where=text("state = 'queued'")),
        Index("ix_run_leased", "lease_until", sqlite_where=text("state = 'running'"),
              postgresql_where=text("state = 'running'")),
    )  # fmt: skip
    id: str = identifier("run")
    action: str
    connection_id: str | None = Field(default=None, index=True)
    api_key_id: str | None = None
    actor: str = ""
    remote: str | None = None
    durable: bool = False
    state: str = "running"
    input: dict[str, Any] | None = Field(default=None, sa_type=AsWritten)
    output: dict[str, Any] | None = Field(default=None, sa_type=AsWritten)
    error: dict[str, Any] | None = json_column(nullable=True)
    done_count: int = 0
    total_count: int | None = None
    error_count: int = 0
    place: dict[str, Any] | None = json_column(nullable=True)
    cancel_asked: bool = False
    callback_id: str | None = None
    attempt_count: int = 0
    prior_count: int = 0
    next_at: datetime = moment(default_now=True)
    lease_token: str | None = None
    lease_until: datetime | None = moment(nullable=True)
    created_at: datetime = moment(default_now=True)
    started_at: datetime | None = moment(nullable=True)
    finished_at: datetime | None = moment(nullable=True)


class IdempotencyKey(SQLModel, table=True):
    """What was asked under an `Idempotency-Key`, and the run that answers it. owner: the API key's id, or ""."""

    __tablename__: ClassVar[str] = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"),)
    id: str = identifier("idem")
    owner: str
    key: str = Field(max_length=255)
    fingerprint: str
    run_id: str = Field(foreign_key="run.id", index=True, ondelete="CASCADE")


class File(SQLModel, table=True):
    """Uploaded bytes an action may read; whole once every chunk is there. size: bytes."""

    __tablename__: ClassVar[str] = "file"
    id: str = identifier("file")
    api_key_id: str | None = None
    name: str = Field(max_length=255)
    kind: str
    size: int = Field(default=0, sa_type=BigInteger)
    whole: bool = False
    created_at: datetime = moment(default_now=True)


class FileChunk(SQLModel, table=True):
    """A piece of a file; all but the last are of one size."""

    __tablename__: ClassVar[str] = "file_chunk"
    __table_args__ = (UniqueConstraint("file_id", "number"),)
    id: str = identifier("chunk")
    file_id: str = Field(foreign_key="file.id", ondelete="CASCADE")
    number: int
    data: bytes = Field(sa_type=LargeBinary)


class Audit(SQLModel, table=True):
    """Who did what, when, to what, how many and from where: one row for each write; never pruned with runs.

    count: None where nobody knows: Pinecone does not say, or the write failed on the way.
    """

    __tablename__: ClassVar[str] = "audit"
    id: str = identifier("aud")
    api_key_id: str | None = None
    actor: str
    verb: str
    subject: str
    run_id: str | None = None
    outcome: str
    count: int | None = Field(default=None, sa_type=BigInteger)
    remote: str | None = None
    at: datetime = moment(default_now=True, index=True)


class RequestRate(SQLModel, table=True):
    """How often something was asked within a period, which the key names; worth nothing after `expires_at`."""

    __tablename__: ClassVar[str] = "request_rate"
    key: str = Field(primary_key=True)
    count: int
    expires_at: datetime = moment(index=True)


class Worker(SQLModel, table=True):
    """A worker process and its last sign of life."""

    __tablename__: ClassVar[str] = "worker"
    id: str = identifier("wrk")
    host: str
    pid: int
    started_at: datetime = moment(default_now=True)
    heartbeat_at: datetime = moment(default_now=True)
