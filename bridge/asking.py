"""The asking: what deletes does so only when the thing's name is repeated; until then it tells what would go.

An action of the effect `delete` names in its schema the field to repeat (`"confirm": "index"`) and has, beside
run(), a `preview(context, input)` that only reads and tells {record_count, indexes, refused_because}. The rest
is here, once for all of them: the field `confirm`, what every such action answers, and which of the two is run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bridge.errors import Fault, InvalidInput
from bridge.plugin import JSON, Context

Run = Callable[[Context, JSON], JSON]
UNNAMED: Final = "__default__"
"""What is repeated where the field is empty: Pinecone's name of the default namespace."""

DELETED: Final[JSON] = {
    "type": "boolean",
    "title": "Deleted",
    "description": "Whether it was done; false where confirm was left out: then would_delete tells what it would be.",
}
WOULD_DELETE: Final[JSON] = {"$ref": "../common/would_delete.json"}


def input_with_confirm(schema: JSON, field: str) -> JSON:
    """Return the schema of an input with the field `confirm`."""
    confirm = {
        "type": "string",
        "title": "Confirm",
        "description": f"Repeat {field} here to have it done. Left out, nothing is deleted, and the answer tells what would be.",
        "minLength": 1,
        "maxLength": 512,
    }
    return {**schema, "properties": {**schema["properties"], "confirm": confirm}}


def output_with_preview(schema: JSON) -> JSON:
    """Return the schema of an output that may be a preview: then what only a deletion tells is null."""
    own = {name: _or_null(part) for name, part in schema["properties"].items()}
    properties = {**own, "deleted": DELETED, "would_delete": WOULD_DELETE}
    return {**schema, "properties": properties, "required": [*properties]}


def refuse_another(field: str, checked: JSON) -> None:
    """Raise InvalidInput when `confirm` is there and is not the thing's name."""
    if checked.get("confirm", _name(field, checked)) != _name(field, checked):
        fault = Fault("/confirm", f"must repeat {field}, or be left out to see what would be deleted")
        raise InvalidInput("confirm names another thing; nothing was deleted", errors=(fault,))


def asking_first(run: Run, preview: Run, field: str, output: JSON) -> Run:
    """Return the action as it is run: what was confirmed is done, anything else only looked at.

    output: the schema of what run() itself tells; of that, a preview has what the input says already.
    """

    def ask_or_run(context: Context, given: JSON) -> JSON:
        if "confirm" in given:
            return {**run(context, given), "deleted": True, "would_delete": None}
        told = {"confirm": _name(field, given), **preview(context, given)}
        own = {name: given.get(name) for name in output["properties"]}
        return {**own, "deleted": False, "would_delete": told}

    return ask_or_run


def _name(field: str, given: JSON) -> str:
    return given[field] or UNNAMED


def _or_null(part: JSON) -> JSON:
    kinds = {part["type"]} if isinstance(part["type"], str) else {*part["type"]}
    return {**part, "type": sorted(kinds | {"null"})}
