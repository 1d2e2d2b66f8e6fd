"""Deletes what upsert_rows wrote and the table no longer has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from actions import HASH_FIELD, counting
from actions.shared import tables
from actions.shared.fetching import fetched
from bridge.plugin import JSON, Context

IDS_PER_REQUEST = 1000


def run(context: Context, input: JSON) -> JSON:
    """Delete; records that something else wrote stay, and so does every namespace that no row names."""
    count = requests = 0
    for namespace, ids in _absent(context, input):
        with counting(count, None, "records were deleted"):
            context.index(input["index"]).delete(ids=ids, namespace=namespace)
        count += len(ids)
        requests += 1
        context.report(count, None)
    return {"deleted_count": count, "request_count": requests}


def preview(context: Context, input: JSON) -> JSON:
    """Return how many records that are."""
    count = sum(len(ids) for _, ids in _absent(context, input))
    return {"record_count": count, "indexes": [input["index"]], "refused_because": None}


def _absent(context: Context, input: JSON) -> Iterator[tuple[str, list[str]]]:
    """Find the ids, as many at a time as are deleted in one request: first read the table, then list the records."""
    index = context.index(input["index"])
    for namespace, named in sorted(tables.named(context, input).items()):
        listed = (str(item.id) for page in index.list(namespace=namespace) for item in page.vectors)
        others = (name for name in listed if hash(name) not in named)
        while some := [*islice(others, IDS_PER_REQUEST)]:
            there, _ = fetched(index, some, namespace)
            if ids := [name for name, record in there.items() if HASH_FIELD in (record.metadata or {})]:
                yield namespace, ids
