"""The excerpt of the OpenAPI document: some operations and what they refer to, for those who take only a few."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import orjson

from bridge import errors
from bridge.errors import Fault
from bridge.plugin import JSON

REFERENCE: Final = "#/components/schemas/"


def chosen(whole: bytes, names: str | None) -> bytes:
    """Return the document, or of it the operations with these names, separated by commas. Raises BadRequest."""
    return whole if names is None else orjson.dumps(excerpt(orjson.loads(whole), names.split(",")))


def excerpt(document: JSON, names: Collection[str]) -> JSON:
    """Return the document with the operations of these operationIds alone, without headers to be sent and webhooks.

    Raises BadRequest naming those that there are not.
    """
    chosen = {
        path: {method: _bare(told) for method, told in methods.items() if told["operationId"] in names}
        for path, methods in document["paths"].items()
    }
    paths = {path: methods for path, methods in chosen.items() if methods}
    found = {told["operationId"] for methods in paths.values() for told in methods.values()}
    if missing := [name for name in names if name not in found]:
        fault = Fault("/actions", f"names what is no operation: {', '.join(missing[:10])[:200]}")
        raise errors.BadRequest("there are no such operations", errors=(fault,))
    parts = document["components"]
    needed = _referred({"paths": paths, "responses": parts["responses"]}, parts["schemas"])
    schemas = {name: schema for name, schema in parts["schemas"].items() if name in needed}
    whole = {key: value for key, value in document.items() if key not in ("paths", "webhooks", "components")}
    return {**whole, "paths": paths, "components": {**parts, "schemas": schemas}}


def _bare(told: JSON) -> JSON:
    """Return an operation without the headers that may be sent: those who take few operations send none."""
    return {**told, "parameters": [each for each in told["parameters"] if each["in"] != "header"]}


def _referred(node: Any, schemas: JSON) -> set[str]:
    """Return the names of the shared schemas that a part of the document needs, and those that these need."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            waiting += part.values()
            name = str(part.get("$ref", "")).removeprefix(REFERENCE)
            if name in schemas and name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found
