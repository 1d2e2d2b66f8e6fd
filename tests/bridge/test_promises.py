"""Pages of docs/ that promise something name the tests that show it; each of them is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["actions.md", "reliability.md", "security.md"])
def test_every_promise_names_a_test_that_is_there(page: str) -> None:
    text = (ROOT / "docs" / page).read_text()
    named = set(re.findall(r"`(test_\w+)`", text))
    sources = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    files = set(re.findall(r"`(tests/[\w/.]+)`", text))
    assert {name for name in named if f"def {name}(" not in sources} == set()
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert len(named) > 5
