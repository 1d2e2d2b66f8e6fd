"""Lists the namespaces of an index."""

from __future__ import annotations

from actions import namespace_described, next_page
from bridge.plugin import JSON, Context

NAMESPACES_PER_REQUEST = 100


def run(context: Context, input: JSON) -> JSON:
    """Return up to `limit` namespaces, and where to go on."""
    index = context.index(input["index"])
    found: list[JSON] = []
    cursor = input.get("cursor")
    while True:
        page = index.list_namespaces_paginated(
            prefix=input.get("prefix"),
            limit=min(NAMESPACES_PER_REQUEST, input["limit"] - len(found)),
            pagination_token=cursor,
        )
        found += [namespace_described(each) for each in page.namespaces]
        cursor = next_page(page)
        if not cursor or len(found) >= input["limit"]:
            return {"namespaces": found, "next_cursor": cursor}
