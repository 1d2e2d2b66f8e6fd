"""A whole life with each official client, in an environment of its own: what all of them see is the same.

SDK 10.2.0 (API 2026-07), SDK 9.0.1 (2025-10; PINECONE_SDK9_PYTHON names its interpreter) and the TypeScript SDK 8.2.0
(2026-04; `make typescript` installs it).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pinecone_emulator

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
PYTHON_LIFE = HERE / "python_life.py"
TYPESCRIPT = HERE / "typescript"
SEEN = {
    "created": "Initializing",
    "described": ["Ready", 2, "dotproduct", "dense", {"team": "film"}],
    "found": ["c", 2, [2, 2], {"genre": "x", "tags": ["one", "two"]}],
    "filtered": ["c", "b"],
    "hybrid": ["b", 15],
    "byId": ["b"],
    "fetched": [["a", [1, 0], [3], {"genre": "x", "year": 2001}]],
    "byMetadata": ["b"],
    "listed": ["a", "b", "c"],
    "stats": [2, 2],
    "namespaces": [["empty", ["genre"]], ["empty", "n"], 2],
    "backup": ["Initializing", "Ready", 2, 1, 2],
    "restored": ["Pending", "Completed", 100, "copy"],
    "copy": [{"of": "movies"}, 2],
    "lists": [1, 1, 1],
    "filteredHits": [["1", {"kind": "fruit"}], ["3", {"kind": "fruit"}]],
    "reranked": [["3", {"chunk": "green apples", "kind": "fruit"}]],
    "inference": [
        [1024, 1024],
        [[1, "two"]],
        ["bge-reranker-v2-m3", "cohere-rerank-3.5", "pinecone-rerank-v0"],
        1024,
    ],
    "collection": ["Initializing", "Ready", 1, 2, "us-east1-gcp"],
    "collectionsLeft": 0,
    "left": ["copy", "pods", "texts"],
    "refused": {
        "a name twice": 409,
        "deleting what is protected": 403,
        "a vector of another dimension": 400,
        "an unknown operator": 400,
        "a deleted namespace": 404,
        "an unfinished backup": 412,
        "a deleted backup": 404,
        "a record without its text": 400,
        "an unknown model": 404,
        "a collection of a serverless index": 400,
        "a deleted index": 404,
        "an unknown key": 401,
    },
}
ADMIN = {
    "admin": [["development", "second"], "reader", ["ProjectViewer"], 0],
    "refused": {**SEEN["refused"], "writing with a key that may read": 403, "a revoked key": 401},
}


@pytest.fixture
def emulator():
    """A server of its own: the projects that other tests have made would be in the admin's list."""
    with pinecone_emulator.start(
        index_seconds=60, backup_seconds=60, restore_seconds=60, collection_seconds=60
    ) as running:
        yield running


def seen_by(emulator, *command):
    arguments = [emulator.url, emulator.api_key, emulator.client_id, emulator.client_secret]
    run = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def missing(what):
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI must not do without")
    pytest.skip(f"{what}: IT WAS NOT TESTED")


def test_sdk_10_lives_through_everything(emulator):
    assert seen_by(emulator, sys.executable, PYTHON_LIFE) == {**SEEN, **ADMIN}


def test_sdk_9_lives_through_everything_but_admin(emulator):
    python = os.environ.get("PINECONE_SDK9_PYTHON")
    if not python:
        missing("PINECONE_SDK9_PYTHON does not name a Python with pinecone==9.0.1")
    assert seen_by(emulator, python, PYTHON_LIFE) == SEEN


def test_the_typescript_sdk_lives_through_everything(emulator):
    assert seen_by(emulator, node(), TYPESCRIPT / "life.mjs") == {**SEEN, **ADMIN}


def node():
    found = shutil.which("node")
    if found is None or not (TYPESCRIPT / "node_modules").exists():
        missing("Node or the TypeScript SDK (`make typescript`) is not installed")
    return found


BACKUP = {
    "backupId", "sourceIndexName", "sourceIndexId", "name", "description", "status", "cloud", "region", "dimension",
    "metric", "recordCount", "namespaceCount", "sizeBytes", "tags", "createdAt",
}  # fmt: skip
RESTORE_JOB = {
    "restoreJobId", "backupId", "targetIndexName", "targetIndexId", "status", "createdAt", "completedAt",
    "percentComplete",
}  # fmt: skip


def test_the_documented_javascript_samples_are_answered_with_every_field_they_show(emulator):
    emulator.control.settings(index_seconds=0, backup_seconds=0, restore_seconds=0, collection_seconds=0)
    seen = seen_by(emulator, node(), TYPESCRIPT / "samples.mjs")
    backup, restored = seen["createBackup"], seen["createIndexFromBackup"]
    assert BACKUP - {"metric"} - set(backup) == set()
    assert {"backupId": backup["backupId"], "metric": "cosine"}.items() <= backup.items()
    assert seen["describeBackup"] == backup
    assert [backup[name] for name in ("recordCount", "namespaceCount", "dimension", "tags")] == [
        3,
        3,
        1024,
        {},
    ]
    assert set(restored) == {"restoreJobId", "indexId"}
    assert RESTORE_JOB - set(seen["describeRestoreJob"]) == set()
    assert [seen["describeRestoreJob"][name] for name in ("status", "percentComplete", "targetIndexId")] == [
        "Completed",
        100,
        restored["indexId"],
    ]
    collection = {"name", "status", "environment", "size", "vectorCount", "dimension"}
    assert collection - set(seen["describeCollection"]) == set()
    assert seen["left"] == [0, 0, ["docs-example", "pods", "restored-index"]]
