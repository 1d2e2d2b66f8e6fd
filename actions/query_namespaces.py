"""Finds the records nearest to a vector in several namespaces of one index, ranked together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from actions import DEFAULT_NAMESPACE, refuse, stored, vector_shape
from bridge.errors import DimensionMismatch, Fault
from bridge.plugin import JSON, Context

AT_ONCE = 8


def run(context: Context, input: JSON) -> JSON:
    """Ask each namespace, then keep the best of all; a namespace that is not there gives nothing."""
    if not {"vector", "sparse_vector"} & set(input):
        refuse([Fault("", "lacks what to look for: vector or sparse_vector")])
    shape = vector_shape(context, input["index"])
    vector, sparse = input.get("vector", ()), input.get("sparse_vector")
    refuse(shape.faults(vector, sparse, "/vector", "/sparse_vector"), DimensionMismatch)
    index = context.index(input["index"])
    question = {name: value for name, value in input.items() if name not in ("index", "namespaces")}
    names = [*dict.fromkeys(name or DEFAULT_NAMESPACE for name in input["namespaces"])]
    with ThreadPoolExecutor(min(AT_ONCE, len(names))) as pool:
        answers = [*pool.map(lambda name: index.query(namespace=name, **question), names)]
    matches = [
        {"namespace": name, "id": match.id, "score": match.score, **stored(match)}
        for name, answer in zip(names, answers, strict=True)
        for match in answer.matches
    ]
    matches.sort(key=lambda match: match["score"], reverse=shape.metric != "euclidean")
    units = [answer.usage.read_units for answer in answers if answer.usage]
    return {"matches": matches[: input["top_k"]], "read_units": sum(filter(None, units)) if units else None}
