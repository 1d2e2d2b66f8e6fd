"""The runtime: what one process of the bridge holds open, and the order in which it is closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bridge import egress, registry
from bridge.config import Settings
from bridge.connections import Connections
from bridge.db import Database, open_database
from bridge.embedding import Embedding
from bridge.registry import Registry
from bridge.vault import Vault, open_vault


@dataclass(frozen=True, slots=True)
class Runtime:
    """The tools that verbs work with."""

    settings: Settings
    database: Database
    vault: Vault
    registry: Registry
    connections: Connections

    def close(self) -> None:
        """Close the clients, then the database."""
        self.connections.close()
        self.database.close()


def start(settings: Settings) -> Runtime:
    """Open what the settings name; nothing is asked over the network yet.

    Raises SetupError: no secret key, or a plug-in that breaks the contract.
    """
    # A run has a thread that keeps its lease beside the one that works.
    threads = settings.web_threads + settings.poll_threads + 2 * settings.run_threads
    egress.rules(settings)  # what cannot be read is told now, not at the first delivery
    database = open_database(settings.database, pool_size=threads)
    vault = open_vault(settings)
    plugins = registry.load()
    connections = Connections(settings, database, vault, Embedding(settings, plugins.embedders))
    return Runtime(settings, database, vault, plugins, connections)


@contextmanager
def running(settings: Settings) -> Iterator[Runtime]:
    """Hold a runtime open for a block."""
    runtime = start(settings)
    try:
        yield runtime
    finally:
        runtime.close()
