"""No room outgrows its ceiling: what is longer is two rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROOMS = ("actions", "bench", "bridge", "embedders", "integrations", "pinecone_emulator", "tests", "triggers")
LINES = {"actions": 80, "triggers": 150}
OTHER_LINES = 300
FUNCTION_LINES = 40
MIGRATIONS = "bridge/migrations/versions/"
"""Alembic writes them; one is as long as what it makes."""


def sources() -> Iterator[tuple[str, str]]:
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(MIGRATIONS) and "node_modules" not in path.parts:
                yield name, path.read_text()


def ceiling(name: str) -> int:
    """How long a file may be; what plug-ins share is not one of them."""
    room, _, rest = name.partition("/")
    return OTHER_LINES if "/" in rest or rest == "__init__.py" else LINES.get(room, OTHER_LINES)


def functions(text: str) -> Iterator[tuple[str, int]]:
    """Each function with the lines of what it does: its signature and its docstring are what it says of itself."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and node.body[1:] else node.body
            yield node.name, (body[-1].end_lineno or 0) - body[0].lineno + 1


def test_no_file_is_longer_than_its_room_allows() -> None:
    lengths = {name: len(text.splitlines()) for name, text in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > ceiling(name)} == {}


def test_no_function_is_longer_than_forty_lines() -> None:
    found = {
        f"{name}: {function}": lines
        for name, text in sources()
        for function, lines in functions(text)
        if lines > FUNCTION_LINES
    }
    assert found == {}
