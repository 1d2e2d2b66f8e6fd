"""Turns texts into vectors: dense ones with the models of any provider, sparse ones with Pinecone's."""

from __future__ import annotations

from typing import Any

from actions import refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context

MAX_TEXTS = 96
INPUT_TYPES = {"document": "passage", "query": "query"}
"""Our words for what a text is, and Pinecone's."""


def run(context: Context, input: JSON) -> JSON:
    """Return one vector for each text, in order."""
    if input["sparse"]:
        return {"vectors": None, "dimension": None, "sparse_vectors": _sparse(context, input)}
    vectors = context.embed(input["texts"], input["embed"])
    return {"vectors": vectors, "dimension": len(vectors[0]), "sparse_vectors": None}


def _sparse(context: Context, input: JSON) -> list[JSON]:
    spec, texts = input["embed"], input["texts"]
    if spec["provider"] != "pinecone" or "model" not in spec:
        refuse([Fault("/embed/model", "must name a sparse model of pinecone, see list_models")])
    parameters = {"input_type": INPUT_TYPES[spec.get("input_type", "document")], "truncate": "END"}
    vectors: list[JSON] = []
    for start in range(0, len(texts), MAX_TEXTS):
        answer = context.pinecone.inference.embed(
            model=spec["model"], inputs=texts[start : start + MAX_TEXTS], parameters=parameters
        )
        if answer.vector_type != "sparse":
            refuse([Fault("/embed/model", "gives dense vectors: leave sparse out")])
        found: Any = answer.data
        vectors += [{"indices": each.sparse_indices, "values": each.sparse_values} for each in found]
    return vectors
