"""Embeds with the models that Pinecone hosts, on the connection's own account."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import ProviderRejected
from bridge.plugin import Outbound
from embedders import portions

DEFAULT_MODEL = "llama-text-embed-v2"
MAX_TEXTS = 96
MAX_CHARACTERS = 1_000_000
INPUT_TYPES = {"document": "passage", "query": "query"}
"""Our words for what a text is, and Pinecone's."""


def embed(
    outbound: Outbound, texts: Sequence[str], model: str, input_type: str, dimension: int | None
) -> list[list[float]]:
    """Return one dense vector for each text; what is too long for the model is cut at its end."""
    parameters = {"input_type": INPUT_TYPES[input_type], "truncate": "END"}
    vectors: list[list[float]] = []
    for some in portions(texts, MAX_TEXTS, MAX_CHARACTERS):
        size = {"dimension": dimension} if dimension else {}
        answer = outbound.pinecone.inference.embed(
            model=model, inputs=some, parameters={**parameters, **size}
        )
        if answer.vector_type != "dense":
            raise ProviderRejected(
                f"the model {model} gives sparse vectors; choose one that gives dense ones"
            )
        vectors += [list(item["values"]) for item in answer.data]
    return vectors
