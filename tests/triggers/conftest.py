"""A context whose backend answers as told; and the pure side of a trigger: resources in, sentences out."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pinecone import Admin

from bridge import connecting
from bridge.access import OPERATOR
from bridge.plugin import Context, NewEvent, Resource
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.scripted import ScriptedPinecone, scripted


@pytest.fixture
def database_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """One kind of database is enough here: a trigger never sees it."""
    path = tmp_path / "bridge.db"
    shutil.copy(migrated_sqlite, path)
    return f"sqlite:///{path}"


@pytest.fixture
def backend() -> Iterator[ScriptedPinecone]:
    with scripted() as script:
        yield script


@pytest.fixture
def context(runtime: Runtime, backend: ScriptedPinecone) -> Context:
    connection = connecting.create(
        runtime, OPERATOR, name="scripted", api_key="pckey_scripted_key", host=backend.url
    )
    return runtime.connections.context(connection)


@pytest.fixture
def organization(runtime: Runtime) -> Context:
    """The context of the emulator's own service account."""
    return runtime.connections.context(connecting.get(runtime, OPERATOR, None))


@pytest.fixture
def admin(pinecone_emulator: Emulator) -> Iterator[Admin]:
    with Admin(
        client_id=pinecone_emulator.client_id,
        client_secret=pinecone_emulator.client_secret,
        host=pinecone_emulator.url,
        oauth_url=f"{pinecone_emulator.url}/oauth/token",
    ) as client:
        yield client


def lives(*resources: Resource) -> dict[str, Resource]:
    return {resource.life: resource for resource in resources}


def told(events: Iterable[NewEvent]) -> list[tuple[str, str, str | None, str | None]]:
    """(type, life, previous status, status) of each event."""
    return [(e.type, e.resource.life, e.previous_status, e.resource.status) for e in events]


def changed(events: Any) -> list[tuple[str, str, Any]]:
    return [(event.type, event.resource.key, event.changes) for event in events]


def look(trigger: Any, context: Context, *known: Resource) -> dict[str, Resource]:
    return lives(*trigger.snapshot(context, {"projects": ["*"]}, lives(*known)).resources)
