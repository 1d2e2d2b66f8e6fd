"""The pytest plugin, in a pytest of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
from pinecone import Pinecone, ServerlessSpec

def make(emulator):
    with Pinecone(api_key=emulator.api_key, host=emulator.url) as pc:
        before = len(list(pc.list_indexes()))
        pc.create_index("a", dimension=2, spec=ServerlessSpec(cloud="aws", region="us-east-1"), timeout=-1)
        return before

def test_one(pinecone_emulator):
    assert make(pinecone_emulator) == 0

def test_two_does_not_see_what_one_made(pinecone_emulator):
    assert make(pinecone_emulator) == 0
"""


@pytest.mark.slow
def test_each_test_gets_an_empty_emulator(tmp_path):
    (tmp_path / "test_suite.py").write_text(SUITE)
    script = f"import sys; sys.path.insert(0, {str(Path.cwd())!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    options = [
        "-q",
        "-p",
        "pinecone_emulator.pytest_plugin",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
    ]
    run = subprocess.run(
        [sys.executable, "-c", script, *options, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert (run.returncode, "2 passed" in run.stdout) == (0, True), run.stdout + run.stderr
