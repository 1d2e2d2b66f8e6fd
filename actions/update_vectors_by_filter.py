"""Changes the metadata of all records that a filter finds."""

from __future__ import annotations

from actions import DEFAULT_NAMESPACE
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Set the metadata, or with dry_run only count; metadata that is not named stays."""
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    answer = context.index(input["index"]).update(
        filter=input["filter"],
        set_metadata=input["metadata"],
        dry_run=input["dry_run"],
        namespace=namespace,
    )
    return {"matched_count": answer.matched_records, "dry_run": input["dry_run"], "namespace": namespace}
