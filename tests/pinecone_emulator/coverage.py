"""`python -m tests.pinecone_emulator.coverage`: write the table of operations in docs/emulator.md anew.

The operations come from the official specifications; what the emulator does with each, from its routes.
"""

import sys
import tempfile
from pathlib import Path

from werkzeug.exceptions import HTTPException

from pinecone_emulator.backend import Backend
from pinecone_emulator.server import create_app
from pinecone_emulator.settings import Settings
from tests.pinecone_emulator import specs

DOCUMENT = specs.ROOT / "docs" / "emulator.md"
BEGIN, END = "<!-- coverage: begin -->\n", "<!-- coverage: end -->\n"
NAMES = {
    "db_control": "Control plane",
    "db_data": "Data plane",
    "inference": "Inference",
    "admin": "Admin",
    "oauth": "OAuth",
}


def table():
    """The text between the markers."""
    with tempfile.TemporaryDirectory() as folder:
        running = Backend(Settings(), Path(folder))
        routes = create_app(running).url_map.bind("localhost")
        running.close()
    lines = [f"| operation | | {' | '.join(specs.VERSIONS)} |", "|---|---|" + "---|" * len(specs.VERSIONS)]
    for plane, title in NAMES.items():
        lines.append(f"| **{title}** | |" + " |" * len(specs.VERSIONS))
        lines += [_line(routes, plane, *operation) for operation in _union(plane)]
    return "\n".join(lines) + "\n"


def _union(plane):
    # The newest first: its order, and its paths where an older one names a parameter otherwise.
    found = {}
    for version in reversed(specs.VERSIONS):
        for method, path, name in specs.operations(plane, version):
            found.setdefault((method, _shape(path)), (method, path, name))
    return list(found.values())


def _line(routes, plane, method, path, name):
    does = _answer(routes, plane, method, path)
    cells = [
        does
        if (method, _shape(path)) in {(m, _shape(p)) for m, p, _ in specs.operations(plane, version)}
        else "-"
        for version in specs.VERSIONS
    ]
    return f"| {name} | `{method} {path}` | {' | '.join(cells)} |"


def _answer(routes, plane, method, path):
    at = ("/i/x" if plane == "db_data" else "") + _shape(path)
    try:
        endpoint = routes.match(at, method)[0]
    except HTTPException:
        return "missing"
    return "501" if endpoint.startswith("unsupported.") else "yes"


def _shape(path):
    return "/".join("x" if part.startswith("{") else part for part in path.split("/"))


def with_table(text):
    """The document with the table in its place."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + table() + END + rest.split(END)[1]


def main():
    if not specs.available():
        sys.exit(f"No OpenAPI files in {specs.folder()}: set PINECONE_API_SPECS.")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text()))


if __name__ == "__main__":
    main()
