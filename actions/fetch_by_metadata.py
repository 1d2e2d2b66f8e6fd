"""Reads records by a filter on their metadata."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, next_page, stored
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return one page; nothing found is an empty list."""
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    answer = context.index(input["index"]).fetch_by_metadata(
        filter=input["filter"],
        limit=input["limit"],
        pagination_token=input.get("cursor"),
        namespace=namespace,
    )
    return {
        "vectors": [stored(vector) for vector in answer.vectors.values()],
        "next_cursor": next_page(answer),
        "namespace": namespace,
        "read_units": answer.usage.read_units if answer.usage else None,
    }
