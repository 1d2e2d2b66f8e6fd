"""Deletes records of a namespace: by id, by how ids begin, by filter, or all of them."""

from __future__ import annotations

from collections.abc import Iterator

from actions import DEFAULT_NAMESPACE, counting, refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context

IDS_PER_REQUEST = 1000


def run(context: Context, input: JSON) -> JSON:
    """Delete; ids that are not there are passed over, and Pinecone does not say how many were."""
    ways = [name for name in ("ids", "prefix", "filter", "delete_all") if input.get(name)]
    if len(ways) != 1:
        refuse([Fault("", "needs exactly one of ids, prefix, filter and delete_all")])
    index = context.index(input["index"])
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    if ways[0] in ("filter", "delete_all"):
        index.delete(**{ways[0]: input[ways[0]]}, namespace=namespace)
        return {"requested_count": None, "request_count": 1, "namespace": namespace}
    listed = index.list(prefix=input["prefix"], namespace=namespace) if ways[0] == "prefix" else ()
    given = (str(item.id) for page in listed for item in page.vectors)
    count = requests = 0
    for ids in _portions(given if ways[0] == "prefix" else iter(dict.fromkeys(input["ids"]))):
        with counting(count, len(input.get("ids", ())) or None, "ids were deleted"):
            index.delete(ids=ids, namespace=namespace)
        count += len(ids)
        requests += 1
    return {"requested_count": count, "request_count": requests, "namespace": namespace}


def _portions(ids: Iterator[str]) -> Iterator[list[str]]:
    while portion := [name for _, name in zip(range(IDS_PER_REQUEST), ids, strict=False)]:
        yield portion
