"""The locks: every version with its hashes, and no address of a registry, so that they hold everywhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NODE = [path for path in ROOT.rglob("package-lock.json") if "node_modules" not in path.parts]


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_every_python_package_is_pinned_with_hashes_and_without_an_address(path: Path) -> None:
    text = path.read_text()
    entries = [
        entry for entry in re.split(r"\n(?=[a-zA-Z])", re.sub(r"(?m)^\s*#.*$", "", text)) if entry.strip()
    ]
    unpinned = [entry for entry in entries if not re.search(r"^[\w.\[\]-]+==\S+[\s\S]*--hash=sha256:", entry)]
    assert (unpinned, re.findall(r"\S*://\S*|--(?:extra-)?index-url\S*", text), len(entries) > 5) == (
        [],
        [],
        True,
    )


@pytest.mark.parametrize("path", NODE, ids=lambda path: path.parent.name)
def test_no_node_lock_names_an_address(path: Path) -> None:
    assert re.findall(r'"resolved"[^\n]*|https?://registry\S*', path.read_text()) == []
