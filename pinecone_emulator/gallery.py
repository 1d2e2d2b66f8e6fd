"""Owns the gallery of hosted models: what each is called, takes and gives, as GET /models describes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pinecone_emulator.errors import NotFoundError
from pinecone_emulator.model import Metric, VectorType


@dataclass(frozen=True, slots=True)
class EmbedModel:
    """A model that embeds text; a sparse one has no dimensions."""

    name: str
    description: str
    provider: str
    vector_type: VectorType
    dimensions: tuple[int, ...]
    default_dimension: int | None
    metrics: tuple[Metric, ...]
    longest_input: int
    largest_batch: int = 96


@dataclass(frozen=True, slots=True)
class RerankModel:
    """A model that ranks documents by relevance to a query.

    `truncate` is what it does by default with a pair of query and document that is too long; None: always cut it.
    """

    name: str
    description: str
    provider: str
    longest_input: int
    largest_batch: int = 100
    truncate: Literal["END", "NONE"] | None = "NONE"
    many_fields: bool = False


EMBED_MODELS = {
    model.name: model
    for model in (
        EmbedModel(
            "llama-text-embed-v2",
            "Emulated by a lexical embedder with the dimensions of llama-text-embed-v2.",
            "NVIDIA",
            "dense",
            (384, 512, 768, 1024, 2048),
            1024,
            ("cosine", "dotproduct"),
            2048,
        ),
        EmbedModel(
            "multilingual-e5-large",
            "Emulated by a lexical embedder with the dimension of multilingual-e5-large.",
            "Microsoft",
            "dense",
            (1024,),
            1024,
            ("cosine", "euclidean"),
            507,
        ),
        EmbedModel(
            "pinecone-sparse-english-v0",
            "Emulated by a lexical embedder that weighs the words of a text.",
            "Pinecone",
            "sparse",
            (),
            None,
            ("dotproduct",),
            512,
        ),
    )
}
RANKER = "Emulated by a lexical ranker."
TRUNCATE = ("END", "NONE")
#: Into how many chunks at most cohere-rerank-3.5 takes a document.
MOST_CHUNKS = 3072
RERANK_MODELS = {
    model.name: model
    for model in (
        RerankModel("bge-reranker-v2-m3", RANKER, "BAAI", 1024),
        RerankModel("cohere-rerank-3.5", RANKER, "Cohere", 40_000, 200, None, many_fields=True),
        RerankModel("pinecone-rerank-v0", RANKER, "Pinecone", 512, truncate="END"),
    )
}


def embed_model(name: str) -> EmbedModel:
    """Return the embedding model of this name; raise NotFoundError."""
    if name not in EMBED_MODELS:
        raise NotFoundError(f"Model {name[:80]} not found.")
    return EMBED_MODELS[name]


def rerank_model(name: str) -> RerankModel:
    """Return the reranking model of this name; raise NotFoundError."""
    if name not in RERANK_MODELS:
        raise NotFoundError(f"Model {name[:80]} not found.")
    return RERANK_MODELS[name]


def models(kind: str | None = None, vector_type: str | None = None) -> list[dict[str, Any]]:
    """Return ModelInfo of all models, or those of a type (embed, rerank) and a vector type."""
    embedding = [
        embed_info(model) for model in EMBED_MODELS.values() if vector_type in {None, model.vector_type}
    ]
    ranking = [rerank_info(model) for model in RERANK_MODELS.values()] if vector_type is None else []
    return (embedding if kind in {None, "embed"} else []) + (ranking if kind in {None, "rerank"} else [])


def model_info(name: str) -> dict[str, Any]:
    """Return ModelInfo of one model; raise NotFoundError."""
    return rerank_info(RERANK_MODELS[name]) if name in RERANK_MODELS else embed_info(embed_model(name))


def embed_info(model: EmbedModel) -> dict[str, Any]:
    """Return ModelInfo of an embedding model."""
    parameters = [
        _one_of("input_type", ["query", "passage"], required=True),
        _one_of("truncate", ["END", "NONE"], default="END"),
    ]
    if len(model.dimensions) > 1:
        sizes = _one_of("dimension", list(model.dimensions), default=model.default_dimension)
        parameters.append({**sizes, "value_type": "integer"})
    if model.vector_type == "sparse":
        flag = {"parameter": "return_tokens", "type": "any", "value_type": "boolean", "required": False}
        parameters.append({**flag, "default": False})
    info: dict[str, Any] = {
        "model": model.name,
        "short_description": model.description,
        "type": "embed",
        "vector_type": model.vector_type,
        "modality": "text",
        "max_sequence_length": model.longest_input,
        "max_batch_size": model.largest_batch,
        "provider_name": model.provider,
        "supported_metrics": list(model.metrics),
        "supported_parameters": parameters,
    }
    if model.dimensions:
        info |= {"default_dimension": model.default_dimension, "supported_dimensions": list(model.dimensions)}
    return info


def rerank_info(model: RerankModel) -> dict[str, Any]:
    """Return ModelInfo of a reranking model."""
    return {
        "model": model.name,
        "short_description": model.description,
        "type": "rerank",
        "modality": "text",
        "max_sequence_length": model.longest_input,
        "max_batch_size": model.largest_batch,
        "provider_name": model.provider,
        "supported_parameters": [
            {
                "parameter": "max_chunks_per_doc",
                "type": "numeric_range",
                "value_type": "integer",
                "required": False,
                "min": 1,
                "max": MOST_CHUNKS,
                "default": MOST_CHUNKS,
            }
            if model.truncate is None
            else _one_of("truncate", list(TRUNCATE), default=model.truncate)
        ],
    }


def _one_of(name: str, allowed: list[Any], *, required: bool = False, default: Any = None) -> dict[str, Any]:
    body = {
        "parameter": name,
        "type": "one_of",
        "value_type": "string",
        "required": required,
        "allowed_values": allowed,
    }
    return body if default is None else {**body, "default": default}
