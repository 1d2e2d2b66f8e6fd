"""The reaching: which indexes an input names and which scope it needs, and whether the API key that asks has less.

Found by the schema: what refers to index_name.json or new_name.json is the name of an index (or a collection).
A key that is limited to indexes runs only what names them all; a backup's or schedule's id could mean any index.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from bridge.access import Caller
from bridge.errors import Fault, MissingScope
from bridge.plugin import JSON
from bridge.registry import ActionPlugin

NAMES: Final = {"#/$defs/index_name", "#/$defs/new_name"}
IDS: Final = {
    "#/$defs/backup_id",
    "#/$defs/schedule_id",
    "#/$defs/restore_job_id",
    "#/$defs/project_id",
    "#/$defs/api_key_id",
}
"""What says nothing of the index it belongs to."""


def refuse_beyond(caller: Caller, action: ActionPlugin, checked: JSON) -> None:
    """Raise MissingScope when this input needs another scope, or is, or may be, about an index that is not the caller's.

    checked: {} where what a run was asked was not kept.
    """
    if action.needs and checked:
        caller.require(action.needs(checked))
    if caller.indexes is None or not action.of_indexes:
        return
    allowed = ", ".join(caller.indexes)
    schema = action.input.bundled
    named = [*_named(schema, checked, schema, "")]
    if not named or any(part.get("$ref") in IDS for part in schema["properties"].values()):
        raise MissingScope(f"your key is limited to the indexes {allowed}; {action.name} does not name one")
    if beyond := tuple(
        Fault(pointer, f"must be one of your key's indexes: {allowed}")
        for pointer, name in named
        if not caller.may_touch(name)
    ):
        raise MissingScope(f"your key is limited to the indexes {allowed}", errors=beyond)


def _named(schema: Any, instance: Any, root: JSON, pointer: str) -> Iterator[tuple[str, str]]:
    if schema.get("$ref") in NAMES:
        yield pointer, instance
        return
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    if isinstance(instance, dict):
        for name, part in schema.get("properties", {}).items():
            if name in instance:
                yield from _named(part, instance[name], root, f"{pointer}/{name}")
    elif isinstance(instance, list) and instance and _may_name(schema.get("items"), instance[0]):
        for place, item in enumerate(instance):
            yield from _named(schema["items"], item, root, f"{pointer}/{place}")


def _may_name(items: Any, first: Any) -> bool:
    # Thousands of numbers or texts name nothing, and are not worth a look each.
    return isinstance(items, dict) and (isinstance(first, dict) or items.get("$ref") in NAMES)
