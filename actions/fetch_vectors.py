"""Reads records by their ids."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE, stored
from actions.shared.fetching import fetched
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the records in the order asked for, and the ids that are not there."""
    ids = [*dict.fromkeys(input["ids"])]
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    vectors, units = fetched(context.index(input["index"]), ids, namespace)
    return {
        "vectors": [stored(vectors[name]) for name in ids if name in vectors],
        "missing_ids": [name for name in ids if name not in vectors],
        "namespace": namespace,
        "read_units": units,
    }
