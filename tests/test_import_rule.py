"""The import rule of docs/architecture.md, held to the code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = (
    ("words", {"plugin", "errors", "config", "clock", "access", "__version__"}),
    (
        "tools",
        {"models", "db", "migrations", "registry", "contract", "faults", "connections", "outbound", "dialling", "line", "given", "prepared", "signing",
         "retry", "egress", "vault", "files", "pages", "events", "runtime", "batches", "auditing", "logs", "turns", "filtering",
         "tally", "embedding", "explaining", "formats", "progress", "asking", "reaching", "commands", "sealed", "transport", "decoding", "affinity"},
    ),
    ("doors", {"web", "cli", "worker", "mcp", "__main__"}),
)  # fmt: skip
OWNERS = {
    "flask": ("bridge/web/", "pinecone_emulator/"),
    "werkzeug": ("bridge/web/", "pinecone_emulator/"),
    "httpx": (
        "bridge/mcp.py",
        "bridge/outbound.py",
        "bridge/dialling.py",
        "bridge/embedding.py",
        "bridge/transport.py",
    ),
    "httpcore": ("bridge/outbound.py", "bridge/dialling.py"),
    "httptools": ("bridge/line.py", "bridge/transport.py"),
    "apscheduler": ("bridge/worker.py",),
    "jsonschema": ("bridge/faults.py",),
    "jsonschema_rs": ("bridge/contract.py", "bridge/faults.py", "bridge/filtering.py"),
    "mcp": ("bridge/mcp.py", "bridge/cli/mcp.py"),
    "pinecone": ("bridge/connections.py", "bridge/explaining.py", "bridge/batches.py", "bridge/decoding.py"),
    "limits": ("bridge/web/rates.py",),
    "jinja2": ("bridge/formats/template.py",),
}
DOOR = 3
CLOCK = {("datetime", "now"), ("datetime", "utcnow"), ("time", "time")}
PACKAGES = ("app.py", "bridge", "actions", "triggers", "embedders", "pinecone_emulator")


def sources(root: Path) -> Iterator[tuple[str, ast.Module]]:
    for package in PACKAGES:
        place = root / package
        for path in sorted([place] if place.is_file() else place.rglob("*.py")):
            yield path.relative_to(root).as_posix(), ast.parse(path.read_text())


def imports(tree: ast.Module) -> Iterator[str]:
    """The dotted names a module imports when it runs; `if TYPE_CHECKING:` is for readers of types."""
    for node in tree.body if isinstance(tree, ast.Module) else []:
        yield from _imports(node)


def _imports(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imports(child)


def layer(name: str) -> int:
    """0 words, 1 tools, 2 verbs (what no list names), 3 doors."""
    for number, (_, members) in enumerate(LAYERS):
        if name in members:
            return (0, 1, 3)[number]
    return 2


def violations(root: Path) -> list[str]:
    found = []
    for path, tree in sources(root):
        names = list(imports(tree))
        found += [f"{path}: {name}" for name in names if not allowed(path, name)]
        for node in ast.walk(tree):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            called = (node.value.id, node.attr)
            clocks = ("bridge/clock.py", "pinecone_emulator/")
            if called in CLOCK and not path.startswith(clocks):
                found.append(f"{path}: {'.'.join(called)} belongs to bridge.clock")
            if called == ("os", "environ") and path not in (
                "bridge/config.py",
                "pinecone_emulator/__main__.py",
            ):
                found.append(f"{path}: os.environ belongs to bridge.config")
    return found


def allowed(path: str, name: str) -> bool:  # noqa: PLR0911 - one answer a room
    top, _, rest = name.partition(".")
    if path in OWNERS.get(top, (path,)) or path.startswith(OWNERS.get(top, (path,))):
        pass
    else:
        return False
    ours = {package.removesuffix(".py") for package in PACKAGES}
    if top not in ours or path == "app.py":
        return top != "tests"
    room = path.split("/", maxsplit=1)[0]
    if room in ("actions", "triggers", "embedders"):
        # A plug-in sees what its own room shares (the room's __init__), never another plug-in.
        return name.startswith(("bridge.plugin", "bridge.errors")) or (
            top == room and not (ROOT / room / f"{rest.split('.')[0]}.py").exists()
        )
    if room == "pinecone_emulator":
        return top == "pinecone_emulator"
    if top != "bridge":
        return False
    mine = path.split("/")[1].removesuffix(".py")
    theirs = rest.split(".")[0]
    if layer(theirs) == DOOR:  # the command line starts the other doors
        return mine == theirs or mine in ("cli", "__main__")
    return layer(theirs) <= layer(mine)


def test_every_import_keeps_the_rule() -> None:
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("bridge/db.py", "from bridge import polling"),
        ("bridge/errors/base.py", "from bridge.db import Database"),
        ("bridge/polling.py", "from bridge.web import create_app"),
        ("bridge/polling.py", "import pinecone"),
        ("bridge/web/x.py", "import httpx"),
        ("actions/list_indexes.py", "from bridge import db"),
        ("actions/list_indexes.py", "import flask"),
        ("actions/list_indexes.py", "from actions.create_index import run"),
        ("triggers/indexes.py", "import actions.list_indexes"),
        ("embedders/voyage.py", "import httpx"),
        ("embedders/voyage.py", "from bridge.embedding import Embedding"),
        ("embedders/voyage.py", "from embedders.pinecone import embed"),
        ("embedders/pinecone.py", "import pinecone"),
        ("pinecone_emulator/server.py", "from bridge import clock"),
        ("bridge/running.py", "import actions.list_indexes"),
        ("bridge/running.py", "import os\nos.environ['X']"),
        ("bridge/running.py", "from datetime import datetime\ndatetime.now()"),
        ("bridge/running.py", "def f():\n    import apscheduler"),
    ],
)
def test_a_planted_violation_is_seen(tmp_path: Path, path: str, line: str) -> None:
    place = tmp_path / path
    place.parent.mkdir(parents=True)
    place.write_text(line)
    assert len(violations(tmp_path)) == 1
