"""What every embedder promises, held to whatever the registry finds: nobody edits this for a new provider."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bridge import registry

ROOT = Path(__file__).parent.parent.parent
EMBEDDERS = registry.load().embedders
MAX_LINES = 80


@pytest.mark.parametrize("name", EMBEDDERS)
def test_an_embedder_has_its_test_keeps_its_size_and_names_its_settings(name: str) -> None:
    source = (ROOT / f"embedders/{name}.py").read_text()
    told = ast.get_docstring(ast.parse(source)) or ""
    settings = re.findall(r'\.(?:need|setting)\("(\w+)"\)', source)
    found = {
        "test": (ROOT / f"tests/embedders/test_{name}.py").exists(),
        "short": len(source.splitlines()) <= MAX_LINES,
        "docstring": bool(told),
        "settings": all(f"PINEHOOK_{setting}" in told for setting in settings),
    }
    assert found == dict.fromkeys(found, True)
