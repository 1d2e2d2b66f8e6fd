"""The worlds of polling: the emulator for lives as they should be, a scripted backend for traps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pinecone import Pinecone
from sqlmodel import select

from bridge import clock, connecting, polling, watching
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.models import Watch
from bridge.polling import Polled
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.scripted import ScriptedPinecone, scripted

LONG = 3600
SPEC = {"serverless": {"cloud": "aws", "region": "us-east-1"}}
HOST, OTHER_HOST = "http://127.0.0.1:1/i/docs-1", "http://127.0.0.1:1/i/docs-2"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A look that fails does so at once."""
    return settings.model_copy(update={"pinecone_retries": 0})


@pytest.fixture
def pinecone(pinecone_emulator: Emulator) -> Iterator[Pinecone]:
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url) as client:
        yield client


@pytest.fixture
def backend() -> Iterator[ScriptedPinecone]:
    with scripted() as script:
        script.answers |= {
            "/indexes": {"indexes": []},
            "/backups": {"data": []},
            "/restore-jobs": {"data": []},
        }
        yield script


@pytest.fixture
def connection_id(runtime: Runtime, backend: ScriptedPinecone) -> str:
    """A connection to the scripted backend, watched by default."""
    return connecting.create(
        runtime, OPERATOR, name="scripted", api_key="pckey_scripted", host=backend.url
    ).id


def watch_id(runtime: Runtime, kind: str, connection: str = "default") -> str:
    rows = watching.page(runtime, OPERATOR, connection=connection).rows
    return next(row.id for row in rows if row.trigger == kind)


def poll(runtime: Runtime, kind: str, connection: str = "default") -> Polled:
    return polling.poll_now(runtime, watch_id(runtime, kind, connection))


def told(polled: Polled) -> list[tuple[str, str]]:
    assert polled.error is None
    return [(event.type, event.key) for event in polled.events]


def create(pinecone: Pinecone, name: str) -> None:
    pinecone.create_index(name=name, dimension=3, metric="cosine", spec=SPEC, timeout=-1)


def every(runtime: Runtime, table: type[Any]) -> list[Any]:
    with runtime.database.read() as session:
        return list(session.exec(select(table).order_by(table.id)))


def wait_for_watch(runtime: Runtime, found: str) -> float:
    """Seconds until the watch looks again."""
    row = watching.get(runtime, OPERATOR, found)
    assert row.last_poll_at is not None
    return (row.next_poll_at - row.last_poll_at).total_seconds()


def lease(runtime: Runtime, found: str) -> str:
    """The token of a watch that is made due and claimed."""
    with runtime.database.write() as session:
        session.get_one(Watch, found).next_poll_at = clock.now() - timedelta(days=1)
    [(claimed, token)] = polling.claim_due(runtime, 1)
    assert claimed == found
    return token
