"""The bridge with a project and a receiver that wants everything: what stories of events are told in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from pinecone import Admin, Pinecone
from sqlmodel import select, update

from bridge import clock, delivering, polling, watching
from bridge.access import OPERATOR
from bridge.models import Delivery, Endpoint, ResourceRow
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import LONG, create, watch_id
from tests.receiver import Receiver

LONG_AGO = "2026-01-01T00:00:00Z"


@dataclass
class World:
    """The bridge with a project, and a receiver that wants everything."""

    runtime: Runtime
    emulator: Emulator
    pinecone: Pinecone
    admin: Admin
    receiver: Receiver
    folder: Path
    watches: dict[str, str] = field(default_factory=dict)

    def look(self, *kinds: str) -> None:
        for kind in kinds:
            found = self.watches.setdefault(kind, "") or watch_id(self.runtime, kind)
            assert polling.poll_now(self.runtime, found).error is None

    def watch(self, kind: str, **options: Any) -> None:
        made = watching.create(self.runtime, OPERATOR, connection=None, trigger=kind, options=options)
        self.watches[kind] = made.id

    def wait(self, seconds: float = LONG) -> None:
        self.emulator.control.advance(seconds)

    def index(self, name: str = "docs") -> None:
        create(self.pinecone, name)
        self.wait()

    def force(self, name: str, state: str | None) -> None:
        url = f"{self.emulator.url}/_emulator/indexes/{name}/state"
        httpx.post(url, json={"state": state}, headers={"Api-Key": self.emulator.api_key}).raise_for_status()

    def seen_long_ago(self, kind: str, **body: Any) -> None:
        """Make what was last seen of a kind older than it is, and let its absence have lasted."""
        with self.runtime.database.write() as session:
            for row in session.exec(select(ResourceRow).where(ResourceRow.kind == kind)):
                row.body = {**row.body, **body}
                if row.missing_since_at:
                    row.missing_since_at -= timedelta(minutes=1)

    def gone(self, kind: str) -> None:
        """Look twice, a minute apart: what is deleted counts as that."""
        self.look(kind)
        self.seen_long_ago(kind)
        self.look(kind)

    def deliver(self) -> None:
        with self.runtime.database.write() as session:
            session.execute(update(Delivery).values(next_at=clock.now() - timedelta(seconds=1)))
            session.execute(update(Endpoint).values(held_until_at=None, probe_until_at=None))
        delivering.deliver_due(self.runtime)
