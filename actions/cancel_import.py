"""Cancels an import that is not finished."""

from __future__ import annotations

from actions import import_described
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the import as it is now; one that was finished already stays as it is."""
    index = context.index(input["index"])
    index.cancel_import(input["import_id"])
    return import_described(index.describe_import(input["import_id"]))
