"""Finds the passages of an index that answer a text, and writes an answer that can be posted as it is."""

from __future__ import annotations

from actions.shared import passages
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Search, rerank when asked to, drop what is too far; nothing found is an empty list, and said so."""
    found = passages.find(context, input["index"], input["namespace"], input)
    distance = passages.metric_of(context, input["index"]) == "euclidean"
    if "rerank" in input:
        found, distance = passages.reranked(context, input["text"], found, input["rerank"]), False
    found = passages.above(found, input, distance=distance)
    return {
        "passages": [{"rank": rank, **passage} for rank, passage in enumerate(found, 1)],
        "answer": passages.answer(found, input["max_chars"]),
    }
