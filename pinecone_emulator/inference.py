"""Owns the verbs of inference: embed and rerank. Spec: Inference API.

Both raise UnprocessableError for a body of the wrong shape, InvalidArgumentError and NotFoundError for the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinecone_emulator import embedding
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.gallery import EmbedModel, embed_model, rerank_model
from pinecone_emulator.integration import checked_parameters
from pinecone_emulator.ranking import check, fitted, relevance, rerank_units

if TYPE_CHECKING:
    from pinecone_emulator.payload import Payload
    from pinecone_emulator.sentences import Embedder


def embed(payload: Payload, embedder: Embedder) -> dict[str, Any]:
    """Return EmbeddingsList of the inputs' texts; `embedder` makes the dense ones."""
    model = embed_model(payload.need("model", payload.text("model")))
    parameters = checked_parameters(model, payload.plain_object("parameters"))
    if "input_type" not in parameters:
        raise InvalidArgumentError(f"Missing required parameter 'input_type' of model {model.name}.")
    texts = [_text(item) for item in payload.need("inputs", payload.items("inputs"))]
    if not 1 <= len(texts) <= model.largest_batch:
        raise InvalidArgumentError(
            f"Input must contain between 1 and {model.largest_batch} texts for model {model.name}, got {len(texts)}."
        )
    for text in texts:
        if parameters.get("truncate") == "NONE" and embedding.count_tokens(text) > model.longest_input:
            raise InvalidArgumentError(f"Input text exceeds the maximum of {model.longest_input} tokens.")
    cut = [embedding.truncated(text, model.longest_input) for text in texts]
    return {
        "model": model.name,
        "vector_type": model.vector_type,
        "data": [_embedding(model, parameters, text, embedder) for text in cut],
        "usage": {"total_tokens": sum(embedding.count_tokens(text) for text in cut)},
    }


def _text(item: Any) -> str:
    text = item.get("text") if isinstance(item, dict) else item
    if not isinstance(text, str) or not text:
        raise InvalidArgumentError("Each input must be an object with a text that is not empty.")
    return text


def _embedding(
    model: EmbedModel, parameters: dict[str, Any], text: str, embedder: Embedder
) -> dict[str, Any]:
    input_type = parameters["input_type"]
    if model.default_dimension is not None:
        dimension = parameters.get("dimension", model.default_dimension)
        return {"vector_type": "dense", "values": embedder(text, model, dimension, input_type)}
    vector, tokens = embedding.sparse(text, input_type)
    body = {
        "vector_type": "sparse",
        "sparse_values": vector.values,
        "sparse_indices": vector.indices.tolist(),
    }
    return {**body, "sparse_tokens": tokens} if parameters.get("return_tokens") else body


def rerank(payload: Payload) -> dict[str, Any]:
    """Return RerankResult: the documents by relevance, most relevant first."""
    model = rerank_model(payload.need("model", payload.text("model")))
    query = payload.need("query", payload.text("query"))
    documents = payload.need("documents", payload.items("documents"))
    rank_fields = payload.texts("rank_fields") or ["text"]
    parameters = payload.plain_object("parameters")
    top_n, with_documents = payload.integer("top_n"), payload.boolean("return_documents")
    if not query or not 1 <= len(documents) <= model.largest_batch or (top_n is not None and top_n < 1):
        raise InvalidArgumentError(
            f"Model {model.name} needs a query, 1 to {model.largest_batch} documents and a top_n of 1 or more."
        )
    check(model, rank_fields, parameters)
    documents = [{"text": document} if isinstance(document, str) else document for document in documents]
    texts = fitted(model, parameters, query, [_ranked_text(document, rank_fields) for document in documents])
    scores = sorted(((-relevance(query, text), index) for index, text in enumerate(texts)))
    data = [
        {"index": index, "score": -score}
        | ({} if with_documents is False else {"document": documents[index]})
        for score, index in scores[:top_n]
    ]
    return {"model": model.name, "data": data, "usage": {"rerank_units": rerank_units(query, texts)}}


def _ranked_text(document: Any, rank_fields: list[str]) -> str:
    if not isinstance(document, dict):
        raise InvalidArgumentError("Each document must be an object or a string.")
    for field in rank_fields:
        if not isinstance(document.get(field), str):
            raise InvalidArgumentError(f"Each document must have the field {field[:80]!r} as a string.")
    return " ".join(document[field] for field in rank_fields)
