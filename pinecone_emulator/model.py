"""Owns the emulator's one internal model of indexes, backups, schedules, restore jobs and collections.

Nothing here knows an API version: `versions/` translates between these records and the wire. Timestamps are
seconds since the epoch by the emulator's clock. A `*_at` that is None and is said to be "held" has no end yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

VectorType = Literal["dense", "sparse"]
Metric = Literal["cosine", "dotproduct", "euclidean"]
Outcome = Literal["ready", "failed"]
Frequency = Literal["daily", "weekly", "monthly"]

DEFAULT_NAMESPACE = "__default__"


@dataclass(frozen=True, slots=True)
class Embed:
    """The integrated embedding model of an index."""

    model: str
    field: str
    read_parameters: dict[str, Any]
    write_parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ReadCapacity:
    """How an index is read: on demand, or by dedicated nodes (then all fields are set)."""

    mode: Literal["OnDemand", "Dedicated"] = "OnDemand"
    node_type: str | None = None
    replicas: int | None = None
    shards: int | None = None


@dataclass(frozen=True, slots=True)
class Pod:
    """The pods of a pod-based index."""

    pod_type: str
    replicas: int
    shards: int


@dataclass(frozen=True, slots=True)
class Blueprint:
    """What an index is and a backup of it keeps; it never changes but for `embed` and the scale of `pod`.

    `environment` is that of an index on pods or in a customer's own cloud (BYOC), None for a serverless one.
    """

    vector_type: VectorType
    dimension: int | None
    metric: Metric
    cloud: str
    region: str
    embed: Embed | None = None
    filterable_fields: tuple[str, ...] | None = None
    environment: str | None = None
    pod: Pod | None = None

    @property
    def deployment(self) -> Literal["managed", "byoc", "pod"]:
        """Whose machines the index is on, as 2026-07 calls it."""
        if self.pod is not None:
            return "pod"
        return "managed" if self.environment is None else "byoc"


@dataclass(frozen=True, slots=True)
class NewIndex:
    """A request to create an index, checked for shape by its version and for rules by `indexes.create`."""

    name: str | None
    blueprint: Blueprint
    tags: dict[str, str] = field(default_factory=dict)
    deletion_protection: bool = False
    read_capacity: ReadCapacity = field(default_factory=ReadCapacity)
    source_collection: str | None = None


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """What create-for-model or configure asks of the embedding; None leaves it as it is or to its default."""

    model: str | None = None
    field: str | None = None
    metric: str | None = None
    dimension: int | None = None
    read_parameters: dict[str, Any] | None = None
    write_parameters: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class NewModelIndex:
    """A request to create an index with an integrated embedding model."""

    name: str
    cloud: str
    region: str
    embed: EmbedRequest
    tags: dict[str, str] = field(default_factory=dict)
    deletion_protection: bool = False
    read_capacity: ReadCapacity = field(default_factory=ReadCapacity)
    filterable_fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class IndexChanges:
    """A request to configure an index; None leaves a part as it is, an empty tag value removes the tag."""

    deletion_protection: bool | None = None
    tags: dict[str, str] | None = None
    read_capacity: ReadCapacity | None = None
    embed: EmbedRequest | None = None
    replicas: int | None = None
    pod_type: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """One life of an index: created again under the same name, it has another id and slug.

    `ready_at` is when it leaves Initializing (None: held), to Ready or InitializationFailed by `outcome`.
    `read_capacity_before` is what it was read by until `read_capacity_at`. `scaling` is its state until
    `scaling_until`; from its deletion to `terminating_until` it is Terminating.
    """

    id: str
    project_id: str
    name: str
    slug: str
    blueprint: Blueprint
    tags: dict[str, str]
    deletion_protection: bool
    read_capacity: ReadCapacity
    read_capacity_at: float
    created_at: float
    ready_at: float | None
    outcome: Outcome = "ready"
    forced_state: str | None = None
    source_backup_id: str | None = None
    deleted_at: float | None = None
    source_collection: str | None = None
    read_capacity_before: ReadCapacity | None = None
    scaling: str | None = None
    scaling_until: float = 0.0
    terminating_until: float | None = None


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of an index at `created_at`; its records are kept as namespaces owned by its id."""

    id: str
    project_id: str
    name: str | None
    description: str | None
    index_id: str
    index_name: str
    blueprint: Blueprint
    tags: dict[str, str]
    record_count: int
    namespace_count: int
    size_bytes: int
    created_at: float
    ready_at: float | None
    outcome: Outcome = "ready"
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """An order to back an index up again and again; `next_run_at` is None while it is not enabled.

    `planned_backup_id` is the id that the next backup will have, `planned_at` when that was planned.
    """

    id: str
    project_id: str
    index_id: str
    name: str
    frequency: Frequency
    retention_days: int
    enabled: bool
    created_at: float
    next_run_at: float | None
    planned_backup_id: str
    planned_at: float


@dataclass(frozen=True, slots=True)
class Collection:
    """A copy of a pod-based index at `created_at`; its records are kept as namespaces owned by its id."""

    id: str
    project_id: str
    name: str
    index_id: str
    blueprint: Blueprint
    vector_count: int
    size_bytes: int
    created_at: float
    ready_at: float | None
    outcome: Outcome = "ready"
    terminating_until: float | None = None


@dataclass(frozen=True, slots=True)
class RestoreJob:
    """A backup becoming an index; the target index is ready when the job is completed."""

    id: str
    project_id: str
    backup_id: str
    index_id: str
    index_name: str
    created_at: float
    complete_at: float | None
    outcome: Outcome = "ready"
    cancelled_at: float | None = None


@dataclass(frozen=True, slots=True)
class IndexView:
    """An index as it is now, with what only the running server knows."""

    index: Index
    state: str
    ready: bool
    read_state: str
    serving_capacity: ReadCapacity | None
    host: str


@dataclass(frozen=True, slots=True)
class BackupView:
    """A backup as it is now; `scheduled_at` is when one will be made that is only planned (state Scheduled)."""

    backup: Backup
    state: str
    index_deleted_at: float | None
    scheduled_at: float | None = None


@dataclass(frozen=True, slots=True)
class CollectionView:
    """A collection as it is now."""

    collection: Collection
    state: str


@dataclass(frozen=True, slots=True)
class RestoreJobView:
    """A restore job as it is now."""

    job: RestoreJob
    state: str
    completed_at: float | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a request cost, in Pinecone's units."""

    read_units: int
    embed_tokens: int | None = None
    rerank_units: int | None = None
