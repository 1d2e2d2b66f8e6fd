"""Finds the records nearest to a vector, or to a record that is stored already."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, refuse, stored, vector_shape
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Check the vector against the index, then ask; nothing found is an empty list."""
    if given := {"vector", "sparse_vector"} & set(input):
        if "id" in input:
            refuse([Fault("/id", f"goes without {given.pop()}: it names the stored record to take it from")])
        vector, sparse = input.get("vector", ()), input.get("sparse_vector")
        shape = vector_shape(context, input["index"])
        refuse(shape.faults(vector, sparse, "/vector", "/sparse_vector"), DimensionMismatch)
    elif "id" not in input:
        refuse([Fault("", "lacks what to look for: vector, sparse_vector or id")])
    question = {name: value for name, value in input.items() if name not in ("index", "namespace")}
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    found = context.index(input["index"]).query(**question, namespace=namespace)
    return {
        "matches": [{"id": match.id, "score": match.score, **stored(match)} for match in found.matches],
        "namespace": namespace,
        "read_units": found.usage.read_units if found.usage else None,
    }
