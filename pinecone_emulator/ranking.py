"""Owns the built-in reranker: lexical, deterministic; a score is in 0..1 and higher is more relevant."""

from __future__ import annotations

from pinecone_emulator.embedding import count_tokens, dense, words
from pinecone_emulator.gallery import EMBED_MODELS

DIMENSION = 512
OVERLAP_SHARE = 0.6


def relevance(query: str, text: str) -> float:
    """Return how relevant a text is: the share of the query's words it has, and how near the two texts are."""
    asked = set(words(query))
    overlap = len(asked & set(words(text))) / len(asked) if asked else 0.0
    model = EMBED_MODELS["llama-text-embed-v2"]
    nearness = float(dense(query, model, DIMENSION, "query") @ dense(text, model, DIMENSION, "passage"))
    return round(OVERLAP_SHARE * overlap + (1 - OVERLAP_SHARE) * max(0.0, min(1.0, nearness)), 6)


def rerank_units(query: str, texts: list[str]) -> int:
    """Return what a request costs: one unit for each 100 documents of up to 500 tokens with the query."""
    chunks = sum(-(-(count_tokens(query) + count_tokens(text)) // 500) for text in texts)
    return max(1, -(-chunks // 100))
