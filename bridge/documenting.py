"""The documenting: docs/actions/, one page an action, and the table of docs/actions.md, as `make docs` writes them.

Everything on a page stands in schemas/actions/; its examples are those that the tests run against the emulator.
"""

from __future__ import annotations

import re
import shlex
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
    told = {PAGES / f"{action.name}.md": _page(action) for action in actions}
    rows = [
        f"| [{each.name}](actions/{each.name}.md) | {each.scope} | {each.description} |" for each in actions
    ]
    table = "\n".join(["", "| action | scope | what it does |", "|---|---|---|", *rows, ""])
    return {**told, INDEX: TABLE.sub(lambda _: table, INDEX.read_text())}


def _page(action: ActionPlugin) -> str:
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
        _fields(action.input.bundled, asked=True) or "An empty object.",
        "## Output",
        _fields(action.output.bundled),
        "## Examples",
        *(part for example in action.examples for part in _shown(action.name, example)),
    ]
    return "\n\n".join(parts) + "\n"


def _fields(schema: JSON, *, asked: bool = False) -> str:
    """Return the fields of an object as a table; asked: say which must be given."""
    whole = _followed(schema, schema)
    rows = [
        f"| `{name}` | {_kind(part, schema)}{', required' if asked and name in whole.get('required', ()) else ''} "
        f"| {_said(part, schema)} |"
        for name, part in whole["properties"].items()
    ]
    return "\n".join(["| field | type | what it is |", "|---|---|---|", *rows]) if rows else ""


def _said(part: JSON, root: JSON) -> str:
    """Return the description of a field, with its limits."""
    whole = _followed(part, root)
    limits = [text.format(f"{whole[rule]:,}") for rule, text in LIMITS.items() if rule in whole]
    if "enum" in whole:
        limits.append("one of " + ", ".join(f"`{value}`" for value in whole["enum"] if value is not None))
    if "default" in whole:
        limits.append(f"`{orjson.dumps(whole['default']).decode()}` unless said")
    text = whole.get("description", "").replace("|", "\\|")
    return f"{text} {'; '.join(limits).capitalize()}." if limits else text


def _kind(part: JSON, root: JSON) -> str:
    """Return the type of a field in a word or two."""
    types = _followed(part, root).get("type", "any")
    return " or ".join([types] if isinstance(types, str) else types)


def _followed(part: Any, root: JSON) -> JSON:
    """Return a subschema with what it refers to; what stands beside the reference goes before."""
    if "$ref" not in part:
        return dict(part)
    return {**_followed(root["$defs"][part["$ref"].removeprefix("#/$defs/")], root), **part}


def _shown(name: str, example: JSON) -> Iterator[str]:
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
