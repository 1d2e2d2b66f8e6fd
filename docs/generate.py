"""`python -m docs.generate [--check]`: writes docs/actions/, one page an action, and the table of docs/actions.md.

Everything on a page stands in schemas/actions/; its examples are those that the tests run against the emulator.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from bridge import registry
from bridge.plugin import JSON
from bridge.registry import ROOT, ActionPlugin

PAGES = ROOT / "docs/actions"
INDEX = ROOT / "docs/actions.md"
TABLE = re.compile(r"(?<=<!-- generated: make docs -->\n).*\Z", re.DOTALL)
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "above {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


def pages() -> dict[Path, str]:
    """Return what every page should have in it."""
    actions = registry.load().actions.values()
    told = {PAGES / f"{action.name}.md": page(action) for action in actions}
    rows = [
        f"| [{each.name}](actions/{each.name}.md) | {each.scope} | {each.description} |" for each in actions
    ]
    table = "\n".join(["", "| action | scope | what it does |", "|---|---|---|", *rows, ""])
    return {**told, INDEX: TABLE.sub(lambda _: table, INDEX.read_text())}


def page(action: ActionPlugin) -> str:
    """Return the page of an action."""
    needs = f"Needs the scope `{action.scope}`. "
    kind = {
        "read": "Changes nothing.",
        "write": "Writes.",
        "delete": "Deletes, and asks first: see `confirm`.",
    }
    parts = [
        f"# {action.name}",
        f"{action.title}: `POST /v1/actions/{action.name}`. {needs}{kind[action.effect]}",
        action.description,
        *([action.notes] if action.notes else []),
        "## Input",
        fields(action.input.bundled, asked=True) or "An empty object.",
        "## Output",
        fields(action.output.bundled),
        "## Examples",
        *(part for example in action.examples for part in shown(action.name, example)),
    ]
    return "\n\n".join(parts) + "\n"


def fields(schema: JSON, *, asked: bool = False) -> str:
    """Return the fields of an object as a table; asked: say which must be given."""
    whole = followed(schema, schema)
    rows = [
        f"| `{name}` | {kind(part, schema)}{', required' if asked and name in whole.get('required', ()) else ''} "
        f"| {said(part, schema)} |"
        for name, part in whole["properties"].items()
    ]
    return "\n".join(["| field | type | what it is |", "|---|---|---|", *rows]) if rows else ""


def said(part: JSON, root: JSON) -> str:
    """Return the description of a field, with its limits."""
    whole = followed(part, root)
    limits = [text.format(f"{whole[rule]:,}") for rule, text in LIMITS.items() if rule in whole]
    if "enum" in whole:
        limits.append("one of " + ", ".join(f"`{value}`" for value in whole["enum"] if value is not None))
    if "default" in whole:
        limits.append(f"`{orjson.dumps(whole['default']).decode()}` unless said")
    text = whole.get("description", "").replace("|", "\\|")
    return f"{text} {'; '.join(limits).capitalize()}." if limits else text


def kind(part: JSON, root: JSON) -> str:
    """Return the type of a field in a word or two."""
    types = followed(part, root).get("type", "any")
    return " or ".join([types] if isinstance(types, str) else types)


def followed(part: Any, root: JSON) -> JSON:
    """Return a subschema with what it refers to; what stands beside the reference goes before."""
    if "$ref" not in part:
        return dict(part)
    return {**followed(root["$defs"][part["$ref"].removeprefix("#/$defs/")], root), **part}


def shown(name: str, example: JSON) -> Iterator[str]:
    """Return an example: how it is called, and what comes back."""
    body = shlex.quote(orjson.dumps(example["input"]).decode())
    yield f"### {example['title']}"
    yield "\n".join([
        "```sh",
        f'curl -s "$PINEHOOK_URL/v1/actions/{name}" -H "Authorization: Bearer $PINEHOOK_API_KEY" \\',
        f'  -H "Content-Type: application/json" -d {body}',
        "```",
    ])  # fmt: skip
    yield f"```json\n{orjson.dumps(example['output'], option=orjson.OPT_INDENT_2).decode()}\n```"


def main() -> None:
    """Write the pages, or with --check only tell which are not as they should be."""
    wanted = pages()
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    stray = [path for path in PAGES.glob("*.md") if path not in wanted]
    if "--check" in sys.argv:
        sys.exit(f"run make docs: {', '.join(path.name for path in stale + stray)}" if stale + stray else 0)
    PAGES.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(wanted[path])
    for path in stray:
        path.unlink()


if __name__ == "__main__":
    main()
