"""CONTRIBUTING.md, done as it says in a copy of the tree: its files are made, and nothing else is edited."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("actions", "triggers", "embedders", "schemas", "bridge", "pinecone_emulator", "tests", "docs")
FILE = re.compile(r"^\d\. `(?P<path>[^`]+)`\n\n +```\w+\n(?P<text>.*?)^ +```$", re.MULTILINE | re.DOTALL)


def copy_tree(place: Path) -> None:
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, place / room, ignore=shutil.ignore_patterns("__pycache__", "node_modules")
        )
    for path in [*ROOT.glob("*.py"), *ROOT.glob("*.toml"), *ROOT.glob("*.md"), ROOT / "Procfile"]:
        shutil.copy(path, place)


def python(place: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], cwd=place, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.slow
def test_a_newcomer_adds_a_plug_in_of_each_kind_by_new_files_alone(tmp_path: Path) -> None:
    copy_tree(tmp_path)
    made = {found["path"]: found["text"] for found in FILE.finditer((ROOT / "CONTRIBUTING.md").read_text())}
    for path, text in made.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(re.sub("^   ", "", text, flags=re.MULTILINE))

    pages = python(tmp_path, "-m", "bridge", "docs")
    listed = python(tmp_path, "-m", "bridge", "actions").stdout
    triggers = python(tmp_path, "-m", "bridge", "triggers").stdout
    tests = [path for path in made if path.startswith("tests/")]
    ran = python(
        tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests,
        "tests/actions/test_contract.py", "tests/embedders/test_contract.py", "tests/test_import_rule.py", "tests/test_docs.py", "-k",
        "count_indexes or model or import or documented or ollama",
    )  # fmt: skip

    ruff = python(
        tmp_path,
        "-m",
        "ruff",
        "check",
        "actions",
        "triggers",
        "embedders",
        "tests/actions",
        "tests/embedders",
    )
    assert pages.returncode == 0, pages.stderr
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ruff.returncode == 0, ruff.stdout
    assert ("count_indexes" in listed, "model.created" in triggers, len(made)) == (True, True, 9)
