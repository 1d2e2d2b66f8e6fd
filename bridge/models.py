"""The tables: what the bridge remembers. Names and states are those of the glossary in docs/architecture.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar, Final

import uuid_utils
from sqlalchemy import JSON, BigInteger, Column, DateTime, Dialect, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from bridge import clock

Json: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


AsWritten: Final = JSON(none_as_null=True)
"""JSON whose fields stay in their order, which PostgreSQL's JSONB does not promise."""

UNFINISHED: Final = "order_key IS NOT NULL AND state IN ('pending', 'sending')"


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


def _id(prefix: str) -> Any:
    return Field(default_factory=lambda: new_id(prefix), primary_key=True, max_length=40)


def _at(*, index: bool = False, nullable: bool = False, default_now: bool = False) -> Any:
    extra = {"default_factory": clock.now} if default_now else {"default": None} if nullable else {}
    return Field(sa_type=UtcDateTime, nullable=nullable, index=index, **extra)


def _json(*, nullable: bool = False, empty: type[Any] = dict) -> Any:
    extra: dict[str, Any] = {"default": None} if nullable else {"default_factory": empty}
    return Field(sa_column=Column(Json, nullable=nullable), **extra)


class Connection(SQLModel, table=True):
    """A Pinecone API key and project, sealed at rest; and the service account of its organization, if given."""

    __tablename__: ClassVar[str] = "connection"
    id: str = _id("conn")
    name: str = Field(unique=True, max_length=80)
    host: str
    sealed_api_key: bytes = Field(sa_type=LargeBinary)
    api_key_hint: str
    sealed_client_id: bytes | None = Field(default=None, sa_type=LargeBinary)
    sealed_client_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    is_default: bool = False
    created_at: datetime = _at(default_now=True)
    updated_at: datetime = _at(default_now=True)


class ApiKey(SQLModel, table=True):
    """A key to the bridge's own API: hashed, with scopes, limited to connections and indexes (None = all).

    indexes: globs. calls_per_minute: None = as the settings say.
    """

    __tablename__: ClassVar[str] = "api_key"
    id: str = _id("key")
    name: str = Field(max_length=80)
    hash: str = Field(unique=True)
    hint: str
    scopes: list[str] = _json()
    connection_ids: list[str] | None = _json(nullable=True)
    indexes: list[str] | None = _json(nullable=True)
    calls_per_minute: int | None = None
    created_at: datetime = _at(default_now=True)
    expires_at: datetime | None = _at(nullable=True)
    revoked_at: datetime | None = _at(nullable=True)
    last_used_at: datetime | None = _at(nullable=True)


class Budget(SQLModel, table=True):
    """The calls to Pinecone that the watches of one connection may make together.

    connection_id: no foreign key, so that spending waits for no one who changes the connection.
    calls_per_minute: None = as the settings say. spent_until_at: when all that was spent is earned again.
    """

    __tablename__: ClassVar[str] = "budget"
    connection_id: str = Field(primary_key=True)
    calls_per_minute: int | None = None
    spent_until_at: datetime | None = _at(nullable=True)
    call_count: int = Field(default=0, sa_type=BigInteger)


class Watch(SQLModel, table=True):
    """The stored order "run this trigger on this connection with these options".

    looks: {part: {looked_at, tried_at, error}} of kinds that are looked at part by part.
    hurried_at: parts that were looked at before this moment are due, whatever the interval says.
    """

    __tablename__: ClassVar[str] = "watch"
    __table_args__ = (Index("ix_watch_due", "next_poll_at", sqlite_where=text("state = 'active'"),
                            postgresql_where=text("state = 'active'")),)  # fmt: skip
    id: str = _id("watch")
    connection_id: str = Field(foreign_key="connection.id", index=True, ondelete="CASCADE")
    trigger: str
    options: dict[str, Any] = _json()
    interval_seconds: int
    state: str = "active"
    reason: str | None = None
    next_poll_at: datetime = _at(default_now=True)
    baseline_at: datetime | None = _at(nullable=True)
    last_poll_at: datetime | None = _at(nullable=True)
    last_success_at: datetime | None = _at(nullable=True)
    failure_count: int = 0
    last_error: str | None = None
    last_error_code: str | None = None
    looks: dict[str, Any] = _json()
    hurried_at: datetime | None = _at(nullable=True)
    last_call_count: int = 0
    call_count: int = Field(default=0, sa_type=BigInteger)
    lease_token: str | None = None
    lease_until: datetime | None = _at(nullable=True)
    created_at: datetime = _at(default_now=True)
    updated_at: datetime = _at(default_now=True)


class ResourceRow(SQLModel, table=True):
    """What was last seen of one thing; shared by the watches of its connection and kind.

    watch_id: the one watch it belongs to, where what is told depends on the watch's options; "" = shared.
    missing_since_at: since when looks have not found it, or not found it as it was.
    """

    __tablename__: ClassVar[str] = "resource"
    __table_args__ = (UniqueConstraint("connection_id", "kind", "watch_id", "life"),)
    id: str = _id("res")
    connection_id: str = Field(foreign_key="connection.id", ondelete="CASCADE")
    kind: str
    watch_id: str = ""
    key: str
    life: str
    status: str | None = None
    version: int = 1
    body: dict[str, Any] = _json()
    missing_since_at: datetime | None = _at(nullable=True)
    deleted_at: datetime | None = _at(nullable=True)
    created_at: datetime = _at(default_now=True)
    updated_at: datetime = _at(default_now=True)


class Event(SQLModel, table=True):
    """An immutable fact. `dedupe_key` names (connection, type, life, version): polling twice writes it once.

    position: its place in the order of commits, without gaps; given by bridge.events as the transaction ends.
    """

    __tablename__: ClassVar[str] = "event"
    __table_args__ = (Index("ix_event_type_id", "type", "id"),)
    id: str = _id("evt")
    position: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    dedupe_key: str = Field(unique=True)
    type: str
    connection_id: str | None = Field(default=None, index=True)
    resource_id: str | None = Field(default=None, index=True)
    key: str
    life: str
    status: str | None = None
    previous_status: str | None = None
    changes: dict[str, Any] | None = _json(nullable=True)
    data: dict[str, Any] = _json()
    test: bool = False
    timestamp: datetime = _at()
    observed_at: datetime = _at()


class Counter(SQLModel, table=True):
    """A number that only grows. event: the last position given; event_pruned: the last one cleared away."""

    __tablename__: ClassVar[str] = "counter"
    name: str = Field(primary_key=True)
    value: int = Field(default=0, sa_type=BigInteger)


class Endpoint(SQLModel, table=True):
    """A receiver: its URL, secrets and headers (sealed), what it wants, how it is sent, and how that goes.

    sealed_old_secrets: {"sealed", "valid_until"} of those that sign beside the current one after a rotation.
    connection_id: no foreign key, so that removing a connection drags no deliveries along.
    state: `removed` is what nobody sees any more; pruning clears it away with its last delivery.
    failure_count, not_found_count: attempts that failed, or were answered 404, in a row.
    trip_count: how often in a row it was held back; while it is not 0, one attempt at a time is made.
    format: what its messages say: the event itself, or what bridge.formats makes of it.
    paced_until_at: how far its share of attempts is used up (the rate cap of all workers together).
    """

    __tablename__: ClassVar[str] = "endpoint"
    id: str = _id("ep")
    fingerprint: str = Field(unique=True)
    kind: str = "webhook"
    description: str = ""
    sealed_url: bytes = Field(sa_type=LargeBinary)
    masked_url: str
    scheme: str = "v1"
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    sealed_old_secrets: list[dict[str, str]] = _json(empty=list)
    public_key: str | None = None
    sealed_headers: bytes | None = Field(default=None, sa_type=LargeBinary)
    header_names: list[str] = _json(empty=list)
    event_types: list[str] = _json()
    keys: list[str] | None = _json(nullable=True)
    filter: dict[str, Any] | None = _json(nullable=True)
    connection_id: str | None = Field(default=None, index=True)
    api_key_id: str | None = None
    retry_seconds: list[int] | None = _json(nullable=True)
    attempt_limit: int = 11
    max_per_second: int | None = None
    ordered: bool = False
    format: str = "event"
    state: str = "active"
    reason: str | None = None
    failure_count: int = 0
    not_found_count: int = 0
    trip_count: int = 0
    told_failing: bool = False
    failing_since_at: datetime | None = _at(nullable=True)
    held_until_at: datetime | None = _at(nullable=True)
    probe_until_at: datetime | None = _at(nullable=True)
    paced_until_at: datetime | None = _at(nullable=True)
    created_at: datetime = _at(default_now=True)
    updated_at: datetime = _at(default_now=True)


class Delivery(SQLModel, table=True):
    """One event owed to one endpoint: narrow, because it is claimed and settled.

    prior_count: how many attempts had been made when it was last reopened by hand; the retry schedule starts
    anew there, the numbers of the attempts go on.
    order_key: the resource whose events this endpoint is sent one after the other; None where order is free.
    """

    __tablename__: ClassVar[str] = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "endpoint_id"),
        # By endpoint first: the claim asks each active endpoint for its oldest, so that the backlog of one
        # that is paused, slow or dead is never walked over on the way to another's.
        Index("ix_delivery_due", "endpoint_id", "next_at", "id", sqlite_where=text("state = 'pending'"),
              postgresql_where=text("state = 'pending'")),
        Index("ix_delivery_leased", "lease_until", sqlite_where=text("state = 'sending'"),
              postgresql_where=text("state = 'sending'")),
        Index("ix_delivery_endpoint", "endpoint_id", "id"),
        Index("ix_delivery_order", "endpoint_id", "order_key", "event_id", sqlite_where=text(UNFINISHED),
              postgresql_where=text(UNFINISHED)),
    )  # fmt: skip
    id: str = _id("dlv")
    event_id: str = Field(foreign_key="event.id", ondelete="CASCADE")
    endpoint_id: str = Field(foreign_key="endpoint.id", ondelete="CASCADE")
    state: str = "pending"
    attempt_count: int = 0
    prior_count: int = 0
    order_key: str | None = None
    next_at: datetime = _at(default_now=True)
    lease_token: str | None = None
    lease_until: datetime | None = _at(nullable=True)
    created_at: datetime = _at(default_now=True)
    finished_at: datetime | None = _at(nullable=True)


class Attempt(SQLModel, table=True):
    """One HTTP try of a delivery; immutable. `late`: it was settled after its lease had been lost."""

    __tablename__: ClassVar[str] = "attempt"
    __table_args__ = (Index("ix_attempt_delivery", "delivery_id", "number"),)
    id: str = _id("att")
    delivery_id: str = Field(foreign_key="delivery.id", ondelete="CASCADE")
    number: int
    started_at: datetime = _at()
    duration_seconds: float
    status_code: int | None = None
    outcome: str
    error: str | None = None
    response_excerpt: str | None = None
    late: bool = False


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
    id: str = _id("run")
    action: str
    connection_id: str | None = Field(default=None, index=True)
    api_key_id: str | None = None
    actor: str = ""
    remote: str | None = None
    durable: bool = False
    state: str = "running"
    input: dict[str, Any] | None = Field(default=None, sa_type=AsWritten)
    output: dict[str, Any] | None = Field(default=None, sa_type=AsWritten)
    error: dict[str, Any] | None = _json(nullable=True)
    done_count: int = 0
    total_count: int | None = None
    error_count: int = 0
    place: dict[str, Any] | None = _json(nullable=True)
    cancel_asked: bool = False
    callback_id: str | None = None
    attempt_count: int = 0
    prior_count: int = 0
    next_at: datetime = _at(default_now=True)
    lease_token: str | None = None
    lease_until: datetime | None = _at(nullable=True)
    created_at: datetime = _at(default_now=True)
    started_at: datetime | None = _at(nullable=True)
    finished_at: datetime | None = _at(nullable=True)


class IdempotencyKey(SQLModel, table=True):
    """What was asked under an `Idempotency-Key`, and the run that answers it. owner: the API key's id, or ""."""

    __tablename__: ClassVar[str] = "idempotency_key"
    __table_args__ = (UniqueConstraint("owner", "key"),)
    id: str = _id("idem")
    owner: str
    key: str = Field(max_length=255)
    fingerprint: str
    run_id: str = Field(foreign_key="run.id", index=True, ondelete="CASCADE")


class File(SQLModel, table=True):
    """Uploaded bytes an action may read; whole once every chunk is there. size: bytes."""

    __tablename__: ClassVar[str] = "file"
    id: str = _id("file")
    api_key_id: str | None = None
    name: str = Field(max_length=255)
    kind: str
    size: int = Field(default=0, sa_type=BigInteger)
    whole: bool = False
    created_at: datetime = _at(default_now=True)


class FileChunk(SQLModel, table=True):
    """A piece of a file; all but the last are of one size."""

    __tablename__: ClassVar[str] = "file_chunk"
    __table_args__ = (UniqueConstraint("file_id", "number"),)
    id: str = _id("chunk")
    file_id: str = Field(foreign_key="file.id", ondelete="CASCADE")
    number: int
    data: bytes = Field(sa_type=LargeBinary)


class Audit(SQLModel, table=True):
    """Who did what, when, to what and from where: one row for each write; never pruned with runs."""

    __tablename__: ClassVar[str] = "audit"
    id: str = _id("aud")
    api_key_id: str | None = None
    actor: str
    verb: str
    subject: str
    run_id: str | None = None
    outcome: str
    remote: str | None = None
    at: datetime = _at(default_now=True, index=True)


class Worker(SQLModel, table=True):
    """A worker process and its last sign of life."""

    __tablename__: ClassVar[str] = "worker"
    id: str = _id("wrk")
    host: str
    pid: int
    started_at: datetime = _at(default_now=True)
    heartbeat_at: datetime = _at(default_now=True)
