"""Deletes records of a namespace: by id, by how ids begin, by filter, or all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from actions import DEFAULT_NAMESPACE, HASH_FIELD, refuse
from actions.shared.fetching import fetched
from actions.shared.sending import sent
from bridge.errors import Fault
from bridge.plugin import JSON, Context

if TYPE_CHECKING:
    from pinecone import Index

IDS_PER_REQUEST = 1000


def run(context: Context, input: JSON) -> JSON:
    """Delete; ids that are not there are passed over, and Pinecone does not say how many were."""
    way, index, namespace = _asked(context, input)
    if way in ("filter", "delete_all"):
        index.delete(**{way: input[way]}, namespace=namespace)
        return {"requested_count": None, "request_count": 1, "namespace": namespace}
    given = _listed(index, input, namespace) if way == "prefix" else iter(dict.fromkeys(input["ids"]))

    def delete(ids: list[str]) -> int:
        index.delete(ids=ids, namespace=namespace)
        return len(ids)

    total = len(input.get("ids", ())) or None
    count, requests = sent(_portions(given), delete, total, "ids were deleted")
    return {"requested_count": count, "request_count": requests, "namespace": namespace}


def preview(context: Context, input: JSON) -> JSON:
    """Return how many records there are of those that are meant."""
    way, index, namespace = _asked(context, input)
    if way == "ids":
        count = len(fetched(index, [*dict.fromkeys(input["ids"])], namespace)[0])
    elif way == "prefix":
        count = sum(1 for _ in _listed(index, input, namespace))
    elif way == "filter":  # Pinecone counts for an update alone; a dry one changes nothing
        dry = index.update(
            filter=input["filter"], set_metadata={HASH_FIELD: ""}, dry_run=True, namespace=namespace
        )
        count = int(dry.matched_records or 0)
    else:
        told = context.find(index.describe_namespace, name=namespace)
        count = int(told.record_count) if told else 0
    return {"record_count": count, "indexes": [input["index"]], "refused_because": None}


def _asked(context: Context, input: JSON) -> tuple[str, Index, str]:
    ways = [name for name in ("ids", "prefix", "filter", "delete_all") if input.get(name)]
    if len(ways) != 1:
        refuse([Fault("", "needs exactly one of ids, prefix, filter and delete_all")])
    return ways[0], context.index(input["index"]), input["namespace"] or DEFAULT_NAMESPACE


def _listed(index: Index, input: JSON, namespace: str) -> Iterator[str]:
    for page in index.list(prefix=input["prefix"], namespace=namespace):
        yield from (str(item.id) for item in page.vectors)


def _portions(ids: Iterator[str]) -> Iterator[list[str]]:
    while portion := [name for _, name in zip(range(IDS_PER_REQUEST), ids, strict=False)]:
        yield portion
