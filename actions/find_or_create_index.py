"""Finds an index by its name, and creates it when it is not there."""

from __future__ import annotations

from actions import described, refuse
from actions.shared import creating
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the index; one that is there and differs from what is asked for is refused, never changed."""
    refuse(creating.faults(input))
    there = context.find(context.pinecone.indexes.describe, input["name"])
    if there is None:
        return {"created": True, "index": described(creating.create(context, input))}
    index = described(there)
    refuse(creating.differences(input, index))
    return {"created": False, "index": index}
