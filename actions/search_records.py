"""Finds the records of an integrated index that are nearest to a text."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, refuse, vector_shape
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Search, and rerank when asked to; nothing found is an empty list."""
    if len({"text", "vector", "id"} & set(input)) != 1:
        refuse([Fault("", "needs exactly one of text, vector and id")])
    if "vector" in input:
        shape = vector_shape(context, input["index"])
        refuse(shape.faults(input["vector"], None, "/vector", "/vector"), DimensionMismatch)
    question = {name: value for name, value in input.items() if name not in ("index", "namespace", "text")}
    if "text" in input:
        question["inputs"] = {"text": input["text"]}
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    found = context.index(input["index"]).search(**question, namespace=namespace)
    return {
        "hits": [{"id": hit.id, "score": hit.score, "fields": hit.fields} for hit in found.result.hits],
        "namespace": namespace,
        "read_units": found.usage.read_units,
        "embed_total_tokens": found.usage.embed_total_tokens,
        "rerank_units": found.usage.rerank_units,
    }
