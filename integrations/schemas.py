"""What the apps of other platforms are written of: schemas/, read as their forms need it.

Run from the root of the checkout: `python -m integrations.<platform>.generate [--check]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

JSON = dict[str, Any]
SCHEMAS = Path(__file__).resolve().parents[1] / "schemas"


def read(path: Path) -> JSON:
    """Return a schema file."""
    schema: JSON = json.loads(path.read_text())
    return schema


def actions() -> dict[str, JSON]:
    """Return the schemas of all actions, by name."""
    return {path.stem: read(path) for path in sorted((SCHEMAS / "actions").glob("*.json"))}


def event_types() -> dict[str, JSON]:
    """Return the schemas of all event types, by name."""
    return {path.stem: read(path) for path in sorted((SCHEMAS / "events").glob("*.json"))}


def followed(part: JSON) -> JSON:
    """Return a subschema with what it refers to; what stands beside the reference goes before."""
    if "$ref" not in part:
        return part
    beside = {key: value for key, value in part.items() if key != "$ref"}
    return {**followed(read(SCHEMAS / "common" / Path(part["$ref"]).name)), **beside}


def kinds(part: JSON) -> list[str]:
    """Return the JSON types of a part that is followed."""
    named = part.get("type", [])
    return [named] if isinstance(named, str) else [*named]


def scalar(part: JSON) -> str:
    """Return the type of one value: of several the first that is not null; what has none is text."""
    if part.get("format") == "date-time":
        return "datetime"
    first = next((kind for kind in kinds(part) if kind != "null"), "string")
    return first if first in ("integer", "number", "boolean") else "string"


def is_dict(part: JSON) -> bool:
    """Whether a part is names with a text each, such as tags."""
    is_free = part.get("type") == "object" and "properties" not in part
    return is_free and followed(part.get("additionalProperties") or {}).get("type") == "string"


def has_own_names(part: JSON) -> bool:
    """Whether a part is, or lists, objects whose names are the user's own, such as metadata."""
    whole = followed(part["items"]) if part["type"] == "array" else part
    is_free = "properties" not in whole or isinstance(whole.get("additionalProperties"), dict)
    return {"object"} <= {*kinds(whole)} and "string" not in kinds(whole) and is_free


def parsing(part: JSON) -> str | None:
    """Return how the text of a field is read, where it is text: as numbers, as JSON, or as it is."""
    items = followed(part.get("items", {}))
    if part["type"] == "array":
        readings = {"number": "numbers", "integer": "numbers", "string": None}
        return readings.get(str(items.get("type")), "json")
    return "json" if part["type"] == "object" and not is_dict(part) else None


def list_found(name: str, schema: JSON) -> str | None:
    """Return where the output of an action that reads has what was found, best first; null where it is one thing."""
    if schema["effect"] != "read" or name.startswith("describe_"):
        return None
    parts = followed(schema["output"])["properties"]
    return next((key for key, part in parts.items() if followed(part).get("type") == "array"), None)


def title(key: str, part: JSON) -> str:
    """Return what a part is called."""
    return part.get("title") or key.replace("_", " ").title()


def explained(part: JSON) -> str:
    """Return what is said of a part of an input, with what it is when left out."""
    text: str = part.get("description", "")
    if "default" in part and "Left out" not in text:
        text += f" Left out: `{json.dumps(part['default'])}`."
    return text


def laid_out(written: JSON) -> str:
    """Return the file's text: a line a definition, so that a change of a schema is a change of its line."""
    parts = []
    for kind, definitions_of_it in written.items():
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(one)}" for key, one in definitions_of_it.items())
        parts.append(f"{json.dumps(kind)}: {{\n{lines}\n}}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def settle(files: Mapping[Path, str], folders: tuple[Path, ...] = ()) -> None:
    """Write files, or with --check only tell whether they are as they would be written; ends the process.

    folders: hold nothing but such files; whatever else lies in them is removed.
    """
    lost = {path for folder in folders for path in folder.rglob("*") if path.is_file()} - files.keys()
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        first = next(iter([*stale, *lost]), None)
        sys.exit(f"{first} is not as schemas/ say: run make docs" if first else 0)
    for path in lost:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(files[path])
