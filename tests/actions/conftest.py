"""The world in which every example of schemas/actions/ runs; a new action needs no change here.

Before each test a real emulator holds, all of it Ready unless said:

- `docs-example`: a dense index, dimension 3, cosine. Default namespace: `doc-1` [0.1, 0.2, 0.3] {"title": "First
  steps", "genre": "guide"}, `doc-2` [0.9, 0.1, 0.1] {"title": "Release notes", "genre": "news"}, `doc-3`
  [0.2, 0.1, 0.9] {"title": "Tuning", "genre": "guide"}. Namespace `articles`: `article-1` [0.1, 0.2, 0.3] {"title":
  "What an index is", "year": 2024}, `article-2` [0.7, 0.1, 0.2] {"title": "Ranking", "year": 2025}.
- `articles-example`: an integrated index, llama-text-embed-v2 on the field `text`. Default namespace: `text-1` "A
  backup is a copy of an index.", `text-2` "Cosine compares directions.", both with "year": 2026.
- `laws-example`: a dense index, dimension 384, cosine, of two clauses that llama-text-embed-v2 embedded: `law-1` "The
  provider may raise the price with thirty days of notice.", `law-2` "You may cancel at any time.", each with its
  "text" and "url".
- `sparse-example`: a sparse index. Default namespace: `note-1` {12: 0.9, 77: 0.3}, `note-2` {2048: 1.1}.
- a backup of docs-example, named `docs-nightly`, with the description "Before the new model".
- the completed job of a restore of that backup, whose index `docs-restored` is deleted again.
- a daily backup schedule of docs-example, named `nightly`.
- `pods-example`: an index on pods, dimension 3, and a collection of it, `pods-copy`.
- an import into docs-example that is under way, its id `1`.
- a project `docs-project` beside the connection's own, with an API key `ingest`.

What Pinecone makes up anew each time is a constant in an example, and is put in its place here: the backup's id is
written as BACKUP_ID, and so on.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pinecone import Admin, Pinecone

from bridge import connecting, running, vault
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.plugin import JSON
from bridge.runtime import Runtime
from bridge.runtime import running as start_runtime
from pinecone_emulator import Emulator
from tests.embedders import stand_in
from tests.embedders.stand_in import Voyage

BACKUP_ID = "6a7b8c9d-0e1f-4a2b-8c3d-4e5f6a7b8c9d"
RESTORE_JOB_ID = "1b2c3d4e-5f6a-4b7c-8d9e-0f1a2b3c4d5e"
SCHEDULE_ID = "2c3d4e5f-6a7b-4c8d-9e0f-1a2b3c4d5e6f"
PROJECT_ID = "3d4e5f6a-7b8c-4d9e-8f0a-1b2c3d4e5f6a"
API_KEY_ID = "4e5f6a7b-8c9d-4e0f-9a1b-2c3d4e5f6a7b"
IMPORT_URI = "s3://example-bucket/records"
LONG_SECONDS = 60
"""Longer than anything in the emulator takes."""

DOCS = [
    ("doc-1", [0.1, 0.2, 0.3], {"title": "First steps", "genre": "guide"}),
    ("doc-2", [0.9, 0.1, 0.1], {"title": "Release notes", "genre": "news"}),
    ("doc-3", [0.2, 0.1, 0.9], {"title": "Tuning", "genre": "guide"}),
]
ARTICLES = [
    ("article-1", [0.1, 0.2, 0.3], {"title": "What an index is", "year": 2024}),
    ("article-2", [0.7, 0.1, 0.2], {"title": "Ranking", "year": 2025}),
]
TEXTS = [
    {"_id": "text-1", "text": "A backup is a copy of an index.", "year": 2026},
    {"_id": "text-2", "text": "Cosine compares directions.", "year": 2026},
]
LAWS = {
    "law-1": "The provider may raise the price with thirty days of notice.",
    "law-2": "You may cancel at any time.",
}
NOTES = [
    {"id": "note-1", "sparse_values": {"indices": [12, 77], "values": [0.9, 0.3]}},
    {"id": "note-2", "sparse_values": {"indices": [2048], "values": [1.1]}},
]
RunAction = Callable[[str, JSON], JSON]


@dataclass(frozen=True)
class World:
    """The emulator, a client of it that is not the bridge's, and the ids that differ each time."""

    emulator: Emulator
    pinecone: Pinecone
    ids: dict[str, str]
    """What stands where an example has a constant."""

    @property
    def backup_id(self) -> str:
        """The id of the backup `docs-nightly`."""
        return self.ids[BACKUP_ID]

    @property
    def restore_job_id(self) -> str:
        """The id of its restore."""
        return self.ids[RESTORE_JOB_ID]

    def substituted(self, value: Any) -> Any:
        """Put this world's ids where an example has its constants."""
        if isinstance(value, dict):
            return {name: self.substituted(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.substituted(part) for part in value]
        return self.ids.get(value, value) if isinstance(value, str) else value


@pytest.fixture(scope="session")
def one_runtime(
    migrated_sqlite: Path, pinecone_emulator_server: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    """One runtime for all: no action knows the database, and a runtime takes longer to make than to use."""
    place = tmp_path_factory.mktemp("actions")
    settings = Settings(
        env="development",
        data_dir=place,
        DATABASE_URL=f"sqlite:///{shutil.copy(migrated_sqlite, place / 'bridge.db')}",
        emulator_url=pinecone_emulator_server.url,
        emulator_api_key=pinecone_emulator_server.api_key,
        emulator_client_id=pinecone_emulator_server.client_id,
        emulator_client_secret=pinecone_emulator_server.client_secret,
        secret_key=vault.make_key(),
    )
    with start_runtime(settings) as runtime:
        yield runtime


@pytest.fixture
def runtime(one_runtime: Runtime) -> Iterator[Runtime]:
    """The runtime, remembering nothing of the Pinecone of the test before."""
    connection = connecting.ensure_default(one_runtime)
    yield one_runtime
    one_runtime.connections.forget(connection.id)


@pytest.fixture(scope="session")
def prepared(
    pinecone_emulator_server: Emulator, parquet_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """The world, built once and saved: loading it is ten times as quick."""
    emulator = pinecone_emulator_server
    emulator.control.reset()
    with _client(emulator) as pinecone:
        ids = build(pinecone, emulator, str(parquet_folder))
    saved = tmp_path_factory.mktemp("world") / "world.db"
    emulator.control.dump(saved)
    return saved, ids


@pytest.fixture
def world(prepared: tuple[Path, dict[str, str]], pinecone_emulator: Emulator) -> Iterator[World]:
    """The world of the examples."""
    saved, ids = prepared
    pinecone_emulator.control.load(saved)
    with _client(pinecone_emulator) as pinecone:
        yield World(pinecone_emulator, pinecone, ids)


def _client(emulator: Emulator) -> Pinecone:
    # No TLS on loopback: without ssl_verify=False each client would read all certificates of the machine.
    return Pinecone(api_key=emulator.api_key, host=emulator.url, ssl_verify=False)


@pytest.fixture
def voyage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Voyage]:
    """The stand-in for Voyage AI, its key and its address in the environment."""
    with stand_in.serve() as running_server:
        monkeypatch.setenv("PINEHOOK_VOYAGE_API_KEY", stand_in.KEY)
        monkeypatch.setenv("PINEHOOK_VOYAGE_URL", running_server.url)
        yield running_server


@pytest.fixture
def run_action(runtime: Runtime, world: World) -> RunAction:  # noqa: ARG001 - it is there when actions run
    """Run an action in that world, as the operator: `run_action("list_indexes", {}) -> output`."""
    return lambda name, given: running.run(runtime, OPERATOR, name, copy.deepcopy(given)).output


def build(pinecone: Pinecone, emulator: Emulator, parquet_folder: str) -> dict[str, str]:
    """Make the world in an empty emulator; return what stands where an example has a constant."""
    backup_id, restore_job_id = _indexes_and_backups(pinecone, emulator)
    _pods(pinecone, emulator)
    schedules = pinecone.backup_schedules
    schedule = schedules.create(
        index_name="docs-example", name="nightly", frequency="daily", retention_days=7
    )
    emulator.control.next("import", "hold")
    with pinecone.index(name="docs-example") as docs:
        docs.start_import(parquet_folder)
    return {
        BACKUP_ID: backup_id,
        RESTORE_JOB_ID: restore_job_id,
        SCHEDULE_ID: schedule.schedule_id,
        IMPORT_URI: parquet_folder,
        **_project(emulator),
    }


def _project(emulator: Emulator) -> dict[str, str]:
    admin = Admin(
        client_id=emulator.client_id,
        client_secret=emulator.client_secret,
        host=emulator.url,
        oauth_url=emulator.oauth_url,
        ssl_verify=False,
    )
    project = admin.projects.create(name="docs-project")
    key = admin.api_keys.create(project_id=project.id, name="ingest").key
    admin.close()
    return {PROJECT_ID: project.id, API_KEY_ID: key.id}


def _pods(pinecone: Pinecone, emulator: Emulator) -> None:
    """An index on pods: only older versions of the API make one."""
    order = {
        "name": "pods-example",
        "dimension": 3,
        "spec": {"pod": {"environment": "us-east1-gcp", "pod_type": "p1.x1"}},
    }
    headers = {"Api-Key": emulator.api_key, "X-Pinecone-Api-Version": "2025-10"}
    made = httpx.post(f"{emulator.url}/indexes", json=order, headers=headers)
    assert made.status_code == 201, made.text
    emulator.control.advance(LONG_SECONDS)
    pinecone.collections.create(name="pods-copy", source="pods-example")
    emulator.control.advance(LONG_SECONDS)


def _indexes_and_backups(pinecone: Pinecone, emulator: Emulator) -> tuple[str, str]:
    indexes = pinecone.indexes
    indexes.create(name="docs-example", dimension=3, metric="cosine", timeout=-1)
    indexes.create(name="laws-example", dimension=384, metric="cosine", timeout=-1)
    indexes.create(name="sparse-example", vector_type="sparse", timeout=-1)
    indexes.create_for_model(
        name="articles-example",
        cloud="aws",
        region="us-east-1",
        embed={"model": "llama-text-embed-v2", "field_map": {"text": "text"}},
        timeout=-1,
    )
    emulator.control.advance(LONG_SECONDS)
    with pinecone.index(name="docs-example") as docs:
        docs.upsert(vectors=DOCS)
        docs.upsert(vectors=ARTICLES, namespace="articles")
    parameters = {"input_type": "passage", "dimension": 384}
    embedded = pinecone.inference.embed("llama-text-embed-v2", [*LAWS.values()], parameters)
    with pinecone.index(name="laws-example") as laws:
        laws.upsert(
            vectors=[
                (name, each.values, {"text": text, "url": f"https://example.com/{name}"})
                for (name, text), each in zip(LAWS.items(), embedded.data, strict=True)
            ]
        )
    with pinecone.index(name="sparse-example") as sparse:
        sparse.upsert(vectors=NOTES)
    with pinecone.index(name="articles-example") as articles:
        articles.upsert_records(records=TEXTS, namespace="__default__")
    backup = pinecone.backups.create(
        index_name="docs-example", name="docs-nightly", description="Before the new model"
    )
    emulator.control.advance(LONG_SECONDS)
    restored = pinecone.create_index_from_backup(name="docs-restored", backup_id=backup.backup_id, timeout=-1)
    emulator.control.advance(LONG_SECONDS)
    indexes.delete("docs-restored", timeout=-1)
    emulator.control.advance(LONG_SECONDS)
    return backup.backup_id, restored.restore_job_id
