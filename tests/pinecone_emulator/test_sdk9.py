"""The official SDK 9.0.1 (API 2025-10), in an environment of its own: PINECONE_SDK9_PYTHON names its interpreter."""

import json
import os
import subprocess
from pathlib import Path

import pytest

STORY = Path(__file__).with_name("sdk9_story.py")


def test_sdk_9_lives_through_create_query_backup_restore_and_records(emulator):
    python = os.environ.get("PINECONE_SDK9_PYTHON")
    if not python:
        if os.environ.get("CI"):
            pytest.fail("PINECONE_SDK9_PYTHON must name a Python with pinecone==9.0.1 in CI")
        pytest.skip("PINECONE_SDK9_PYTHON does not name a Python with pinecone==9.0.1: SDK 9 WAS NOT TESTED")
    run = subprocess.run(
        [python, STORY, emulator.url, emulator.api_key], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "created": "Initializing",
        "described": ["Ready", 2, "cosine", "dense"],
        "tags": {"a": "b"},
        "upserted": 2,
        "found": [["a", 1.0, {"genre": "x"}]],
        "namespaces": [["__default__", 2]],
        "backup": ["Ready", 2, "cosine", 2],
        "restored": [["Completed", 100.0]],
        "copied": 2,
        "hits": [["1", {"chunk": "red apples"}]],
        "left": ["copy", "texts"],
    }
