"""What happened, and who is told of it: events, endpoints, deliveries, attempts."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bridge.models.columns import identifier, json_column, moment

UNFINISHED: Final = "order_key IS NOT NULL AND state IN ('pending', 'sending')"


class Event(SQLModel, table=True):
    """An immutable fact. `dedupe_key` names (connection, type, life, version): polling twice writes it once.

    position: its place in the order of commits, without gaps; given by bridge.events as the transaction ends.
    """

    __tablename__: ClassVar[str] = "event"
    __table_args__ = (Index("ix_event_type_id", "type", "id"),)
    id: str = identifier("evt")
    position: int | None = Field(default=None, sa_type=BigInteger, unique=True)
    dedupe_key: str = Field(unique=True)
    type: str
    connection_id: str | None = Field(default=None, index=True)
    resource_id: str | None = Field(default=None, index=True)
    key: str
    life: str
    status: str | None = None
    previous_status: str | None = None
    changes: dict[str, Any] | None = json_column(nullable=True)
    data: dict[str, Any] = json_column()
    test: bool = False
    timestamp: datetime = moment()
    observed_at: datetime = moment()


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
    format: what its messages say: the event itself, or what bridge.formats makes of it. method: how they are sent.
    template: its own words for that, {"title", "body"} or one of them; None = the built-in message.
    paced_until_at: how far its share of attempts is used up (the rate cap of all workers together).
    """

    __tablename__: ClassVar[str] = "endpoint"
    id: str = identifier("ep")
    fingerprint: str = Field(unique=True)
    kind: str = "webhook"
    description: str = ""
    sealed_url: bytes = Field(sa_type=LargeBinary)
    masked_url: str
    scheme: str = "v1"
    sealed_secret: bytes = Field(sa_type=LargeBinary)
    sealed_old_secrets: list[dict[str, str]] = json_column(empty=list)
    public_key: str | None = None
    sealed_headers: bytes | None = Field(default=None, sa_type=LargeBinary)
    header_names: list[str] = json_column(empty=list)
    event_types: list[str] = json_column()
    keys: list[str] | None = json_column(nullable=True)
    filter: dict[str, Any] | None = json_column(nullable=True)
    connection_id: str | None = Field(default=None, index=True)
    api_key_id: str | None = None
    retry_seconds: list[int] | None = json_column(nullable=True)
    attempt_limit: int = 11
    max_per_second: int | None = None
    ordered: bool = False
    format: str = "event"
    template: dict[str, str] | None = json_column(nullable=True)
    method: str = "POST"
    state: str = "active"
    reason: str | None = None
    failure_count: int = 0
    not_found_count: int = 0
    trip_count: int = 0
    told_failing: bool = False
    failing_since_at: datetime | None = moment(nullable=True)
    held_until_at: datetime | None = moment(nullable=True)
    probe_until_at: datetime | None = moment(nullable=True)
    paced_until_at: datetime | None = moment(nullable=True)
    created_at: datetime = moment(default_now=True)
    updated_at: datetime = moment(default_now=True)


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
    id: str = identifier("dlv")
    event_id: str = Field(foreign_key="event.id", ondelete="CASCADE")
    endpoint_id: str = Field(foreign_key="endpoint.id", ondelete="CASCADE")
    state: str = "pending"
    attempt_count: int = 0
    prior_count: int = 0
    order_key: str | None = None
    next_at: datetime = moment(default_now=True)
    lease_token: str | None = None
    lease_until: datetime | None = moment(nullable=True)
    created_at: datetime = moment(default_now=True)
    finished_at: datetime | None = moment(nullable=True)


class Attempt(SQLModel, table=True):
    """One HTTP try of a delivery; immutable. `late`: it was settled after its lease had been lost."""

    __tablename__: ClassVar[str] = "attempt"
    __table_args__ = (Index("ix_attempt_delivery", "delivery_id", "number"),)
    id: str = identifier("att")
    delivery_id: str = Field(foreign_key="delivery.id", ondelete="CASCADE")
    number: int
    started_at: datetime = moment()
    duration_seconds: float
    status_code: int | None = None
    outcome: str
    error: str | None = None
    response_excerpt: str | None = None
    late: bool = False
