"""Owns the parts of one running emulator and how they are put together."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pinecone_emulator import stale
from pinecone_emulator.admin.directory import Directory
from pinecone_emulator.admin.founding import found
from pinecone_emulator.catalogue import Catalogue
from pinecone_emulator.clock import Clock
from pinecone_emulator.database import Database
from pinecone_emulator.engine import Engine
from pinecone_emulator.faults import Faults
from pinecone_emulator.projects import Projects, store_clock_offset, stored_clock_offset
from pinecone_emulator.quotas import PLANS, Quota
from pinecone_emulator.rates import Rates
from pinecone_emulator.sentences import embedder

if TYPE_CHECKING:
    from pathlib import Path

    from pinecone_emulator.model import Index
    from pinecone_emulator.settings import Settings

DATA_TABLES = (
    "records",
    "namespaces",
    "indexes",
    "backups",
    "schedules",
    "collections",
    "restore_jobs",
    "imports",
    "directory",
    "tokens",
)


class Backend:
    """Everything the verbs work on; `public_url` is set once the server knows its port."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self.settings = self._started_with = settings
        self.folder = directory
        self.embed = embedder(settings.sentence_transformer)
        self.database = Database(directory, durable=settings.data_dir is not None)
        self.clock = Clock(stored_clock_offset(self.database))
        self.projects = Projects(self.database, self.clock)
        self.directory = Directory(self.database)
        self.catalogue = Catalogue(self.database)
        self.engine = Engine(self.database, lambda: self.quota.namespaces_per_index)
        self.faults = Faults()
        self.rates = Rates(self.clock)
        #: What indexes are read from instead of themselves, and until when (see `stale.py`).
        self.stale: dict[str, tuple[Index, float]] = {}
        self.public_url = settings.public_url or ""
        #: Held while the control plane decides by what exists, so that two requests cannot both be first.
        self.deciding = threading.RLock()
        #: When something must next happen by itself (see `due.py`); 0 has it looked up anew.
        self.due_at = 0.0
        self.begin_again()

    @property
    def quota(self) -> Quota:
        """What the organization's plan allows."""
        return PLANS[self.settings.plan]

    def advance(self, seconds: float) -> None:
        """Move the clock and keep its new offset."""
        self.clock.advance(seconds)
        store_clock_offset(self.database, self.clock.offset)

    def reset(self) -> None:
        """Begin afresh: no data, no faults, the machine's time; of projects and accounts only the ready-made ones."""
        with self.deciding:
            with self.database.writing() as connection:
                for table in DATA_TABLES:
                    connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names from the tuple above
                connection.execute("DELETE FROM settings")
                self.projects.restore(connection)
            self.settings = self._started_with
            self.clock.reset()
            self.begin_again()

    def begin_again(self) -> None:
        """Forget all that was in memory, after the data was replaced, and have what is ready-made; keep the clock."""
        self.engine.forget_everything()
        self.faults.clear()
        self.stale.clear()
        stale.forget(self)
        self.due_at = 0.0
        store_clock_offset(self.database, self.clock.offset)
        self.projects.ensure("development", self.settings.api_key)
        found(self)

    def close(self) -> None:
        """Let go of the files."""
        self.database.close()
