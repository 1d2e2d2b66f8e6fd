"""The tables: what the bridge remembers. Names and states are those of the glossary in docs/architecture.md."""

from __future__ import annotations

from bridge.models.columns import (
    AsWritten,
    Json,
    UtcDateTime,
    new_id,
)
from bridge.models.done import (
    ApiKey,
    Audit,
    File,
    FileChunk,
    IdempotencyKey,
    RequestRate,
    Run,
    Worker,
    Workspace,
)
from bridge.models.told import (
    UNFINISHED,
    Attempt,
    Counter,
    Delivery,
    Endpoint,
    Event,
)
from bridge.models.watched import (
    Budget,
    Connection,
    ResourceRow,
    Watch,
)

__all__ = [
    "UNFINISHED",
    "ApiKey",
    "AsWritten",
    "Attempt",
    "Audit",
    "Budget",
    "Connection",
    "Counter",
    "Delivery",
    "Endpoint",
    "Event",
    "File",
    "FileChunk",
    "IdempotencyKey",
    "Json",
    "RequestRate",
    "ResourceRow",
    "Run",
    "UtcDateTime",
    "Watch",
    "Worker",
    "Workspace",
    "new_id",
]
