"""Lists the ids of a namespace, all or those that begin alike."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, next_page
from bridge.plugin import JSON, Context

IDS_PER_REQUEST = 100


def run(context: Context, input: JSON) -> JSON:
    """Return up to `limit` ids in Pinecone's order, and where to go on."""
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    index = context.index(input["index"])
    ids: list[str] = []
    cursor, units = input.get("cursor"), 0
    while True:
        page = index.list_paginated(
            prefix=input.get("prefix"),
            limit=min(IDS_PER_REQUEST, input["limit"] - len(ids)),
            pagination_token=cursor,
            namespace=namespace,
        )
        ids += [str(item.id) for item in page.vectors]
        cursor = next_page(page)
        units += (page.usage.read_units or 0) if page.usage else 0
        if not cursor or len(ids) >= input["limit"]:
            return {"ids": ids, "next_cursor": cursor, "namespace": namespace, "read_units": units}
