"""Owns the built-in reranker: lexical, deterministic; a score is in 0..1 and higher is more relevant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinecone_emulator.embedding import count_tokens, dense, truncated, words
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.gallery import EMBED_MODELS, MOST_CHUNKS, TRUNCATE, RerankModel

if TYPE_CHECKING:
    from collections.abc import Sequence

DIMENSION = 512
OVERLAP_SHARE = 0.6


def check(model: RerankModel, rank_fields: Sequence[str], parameters: dict[str, Any] | None) -> None:
    """Refuse what the model does not take. Raises InvalidArgumentError."""
    if len(rank_fields) > 1 and not model.many_fields:
        raise InvalidArgumentError(f"Only one rank field is supported for model {model.name}.")
    for name, value in (parameters or {}).items():
        if name != ("truncate" if model.truncate else "max_chunks_per_doc"):
            raise InvalidArgumentError(f"Model {model.name} does not take the parameter {name[:80]!r}.")
        if model.truncate:
            fits, allowed = value in TRUNCATE, f"one of {', '.join(TRUNCATE)}"
        else:
            fits, allowed = type(value) is int and 1 <= value <= MOST_CHUNKS, f"1 to {MOST_CHUNKS}"
        if not fits:
            raise InvalidArgumentError(
                f"Invalid value {value!r:.80} for the parameter {name!r} of {model.name}. Must be {allowed}."
            )


def fitted(model: RerankModel, parameters: dict[str, Any] | None, query: str, texts: list[str]) -> list[str]:
    """Return the texts as the model reads them with the query: cut, or refused, where that is too long.

    Raises InvalidArgumentError.
    """
    asked = count_tokens(query)
    room = max(1, model.longest_input - asked)
    if (parameters or {}).get("truncate", model.truncate) == "NONE":
        longest = asked + max((count_tokens(text) for text in texts), default=0)
        if longest > model.longest_input:
            raise InvalidArgumentError(
                f"Request contains a query+document pair with {longest} tokens, which exceeds the maximum token "
                f"limit of {model.longest_input} for each query+document pair."
            )
        return texts
    return [truncated(text, room) for text in texts]


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
