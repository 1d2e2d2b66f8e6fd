"""Finds the passages that answer a text in several indexes, ranked together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from actions import refuse
from actions.shared import passages
from bridge.errors import Fault
from bridge.plugin import JSON, Context

AT_ONCE = 8


def run(context: Context, input: JSON) -> JSON:
    """Ask every index, then rank all that was found: by the reranker, or by scores that can be compared."""
    places = input["indexes"]
    metrics = {passages.metric_of(context, each["index"]) for each in places}
    if "rerank" not in input and len(metrics) > 1:
        told = f"have different metrics ({', '.join(sorted(map(str, metrics)))}), whose scores cannot be compared: give rerank"
        refuse([Fault("/indexes", told)])

    def look(place: JSON) -> list[JSON]:
        question = {**input, **place}
        if "embed" not in place and getattr(context.describe_index(place["index"]), "embed", None):
            question.pop("embed", None)  # what is said for all is for those without a model of their own
        try:
            return passages.find(context, place["index"], place.get("namespace", ""), question)
        except Exception as error:
            error.add_note(f"in the index {place['index']}")
            raise

    with ThreadPoolExecutor(min(AT_ONCE, len(places))) as pool:
        found = [passage for some in pool.map(look, places) for passage in some]
    distance = metrics == {"euclidean"}
    if "rerank" in input:
        found, distance = passages.reranked(context, input["text"], found, input["rerank"]), False
    found.sort(key=lambda passage: passage["score"], reverse=not distance)
    found = passages.above(found, input, distance=distance)[: input["top_k"]]
    return {
        "passages": [{"rank": rank, **passage} for rank, passage in enumerate(found, 1)],
        "answer": passages.answer(found, input["max_chars"]),
    }
