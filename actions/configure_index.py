"""Changes an index: its deletion protection, its tags, how its reads are served, or its pods."""

from __future__ import annotations

from actions import described, refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context

FIELDS = ("deletion_protection", "tags", "read_capacity")
POD_FIELDS = ("replicas", "pod_type")


def run(context: Context, input: JSON) -> JSON:
    """Send only what is given: Pinecone leaves the rest as it is."""
    changes = {name: input[name] for name in FIELDS if input.get(name)}
    if pods := {name: input[name] for name in POD_FIELDS if name in input}:
        changes["deployment"] = pods
    if not changes:
        refuse([Fault("", f"changes nothing: give one of {', '.join((*FIELDS, *POD_FIELDS))}")])
    return described(context.pinecone.indexes.configure(input["index"], **changes))
