"""How a text is looked for, whatever kind of index it is in, and how what is found becomes an answer.

A passage is a record found: {index, namespace, id, score, text, source, fields}.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from actions import DEFAULT_NAMESPACE, HASH_FIELD, refuse, vector_shape
from actions.shared.embedding import embedded
from bridge.errors import Fault
from bridge.plugin import JSON, Context

SOURCE_FIELDS: Final = ("url", "source", "title")
"""Where a record commonly says what it is of."""
NOTHING: Final = "Nothing was found."
SHORTEST: Final = 20
"""Characters of a passage below which it is not worth its line."""


def find(context: Context, index: str, namespace: str, question: JSON) -> list[JSON]:
    """Return what is nearest to a text, nearest first.

    question: text, top_k, and if given filter, embed, text_field, source_field, fields.
    Raises InvalidInput, DimensionMismatch, and what the provider's refusal means.
    """
    own = getattr(context.describe_index(index), "embed", None)
    text_field = question.get("text_field") or (own.field_map["text"] if own else "text")
    asked = {name: question[name] for name in ("top_k", "filter") if name in question}
    namespace = namespace or DEFAULT_NAMESPACE
    found: Sequence[Any]
    if own:
        if "embed" in question:
            refuse([Fault("/embed", f"does not go with the index {index}, whose own model embeds")])
        inputs = {"text": question["text"]}
        found = context.index(index).search(inputs=inputs, namespace=namespace, **asked).result.hits
    else:
        if "embed" not in question:
            refuse([Fault("/embed", f"is required: the index {index} has no model of its own")])
        shape = vector_shape(context, index)
        [vector] = embedded(context, shape, [question["text"]], question["embed"], "query")
        data = context.index(index)
        found = data.query(vector=vector, include_metadata=True, namespace=namespace, **asked).matches
    place = {"index": index, "namespace": namespace}
    return [{**place, **_passage(each, text_field, question)} for each in found]


def metric_of(context: Context, index: str) -> str | None:
    """Return how an index compares, an integrated one too. Raises the SDK's NotFoundError."""
    told: Any = context.describe_index(index)
    own: Any = getattr(told, "embed", None)
    metric = getattr(told, "metric", None) or getattr(own, "metric", None)
    return str(metric) if metric else None


def _passage(found: Any, text_field: str, question: JSON) -> JSON:
    stored = dict(getattr(found, "fields", None) or getattr(found, "metadata", None) or {})
    text = stored.get(text_field)
    named = question.get("source_field")
    sources = (stored.get(name) for name in ([named] if named else SOURCE_FIELDS))
    source = next((told for told in sources if isinstance(told, str) and told), found.id)
    rest = {name: value for name, value in stored.items() if name not in (text_field, HASH_FIELD)}
    if "fields" in question:
        rest = {name: rest[name] for name in question["fields"] if name in rest}
    told = text if isinstance(text, str) else None
    return {"id": found.id, "score": found.score, "text": told, "source": source, "fields": rest}


def reranked(context: Context, text: str, passages: Sequence[JSON], rerank: JSON) -> list[JSON]:
    """Return the passages by relevance to the text; those without a text of their own fall away."""
    readable = [passage for passage in passages if passage["text"]]
    if not readable:
        return []
    answer = context.pinecone.inference.rerank(
        model=rerank["model"],
        query=text,
        documents=[{"text": passage["text"]} for passage in readable],
        rank_fields=["text"],
        top_n=min(rerank.get("top_n") or len(readable), len(readable)),
        return_documents=False,
    )
    return [{**readable[each.index], "score": each.score} for each in answer.data]


def above(passages: Sequence[JSON], question: JSON, *, distance: bool) -> list[JSON]:
    """Return the passages that are as near as `min_score` says; `distance`: the least score is the nearest."""
    if (least := question.get("min_score")) is None:
        return [*passages]
    return [each for each in passages if (each["score"] <= least if distance else each["score"] >= least)]


def answer(passages: Sequence[JSON], max_chars: int) -> str:
    """Return the passages as plain text with numbered sources, of at most so many characters.

    A passage that is short leaves its room to the others; where even the sources are too many, the last fall away.
    """
    shown = [passage for passage in passages if passage["text"]] or [*passages]
    while shown:
        sources = "\n".join(f"[{place}] {_cut(each['source'], 200)}" for place, each in enumerate(shown, 1))
        below = f"\n\nSources:\n{sources}"
        room = max_chars - len(below) - len(shown) * len("[100] \n")
        if room >= SHORTEST * len(shown):
            return _lines(shown, room) + below
        shown = shown[:-1]
    return _cut(passages[0]["text"] or passages[0]["id"], max_chars) if passages else NOTHING


def _lines(shown: Sequence[JSON], room: int) -> str:
    texts = [" ".join((passage["text"] or passage["id"]).split()) for passage in shown]
    shares = dict.fromkeys(range(len(texts)), 0)
    for left, place in enumerate(sorted(shares, key=lambda place: len(texts[place]))):
        shares[place] = min(len(texts[place]), room // (len(texts) - left))
        room -= shares[place]
    return "\n".join(f"[{place + 1}] {_cut(text, shares[place])}" for place, text in enumerate(texts))


def _cut(text: str, size: int) -> str:
    if len(text) <= size:
        return text
    words = text[: size - 1].rsplit(maxsplit=1) if text[size - 1 : size] != " " else [text[: size - 1]]
    whole = words[0] if len(words[0]) > size // 2 else text[: size - 1]
    return whole.rstrip() + "…"
