"""Counts the records of an index, in all and by namespace."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the counts; what was written a moment ago may be missing yet."""
    stats = context.index(input["index"]).describe_index_stats()
    namespaces = [
        {"name": name or DEFAULT_NAMESPACE, "vector_count": summary.vector_count}
        for name, summary in sorted(stats.namespaces.items())
    ]
    told = ("total_vector_count", "dimension", "metric", "vector_type", "index_fullness")
    return {**{name: getattr(stats, name) for name in told}, "namespaces": namespaces}
