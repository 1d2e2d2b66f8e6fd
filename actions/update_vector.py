"""Changes one record: its values, or some of its metadata."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, refuse, vector_shape
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Send what is given; metadata that is not named stays. Pinecone does not say whether the id was there."""
    changes = {name: input[name] for name in ("values", "sparse_values", "metadata") if input.get(name)}
    if not changes:
        refuse([Fault("", "changes nothing: give one of values, sparse_values, metadata")])
    if {"values", "sparse_values"} & set(changes):
        values, sparse = changes.get("values"), changes.get("sparse_values")
        shape = vector_shape(context, input["index"])
        refuse(shape.faults(values, sparse, "/values", "/sparse_values"), DimensionMismatch)
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    told = {{"metadata": "set_metadata"}.get(name, name): value for name, value in changes.items()}
    context.index(input["index"]).update(id=input["id"], namespace=namespace, **told)
    return {"id": input["id"], "updated_fields": [*changes], "namespace": namespace}
