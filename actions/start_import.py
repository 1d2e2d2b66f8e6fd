"""Starts to import Parquet files from object storage into an index."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the import's id; it runs for minutes to hours."""
    started = context.index(input["index"]).start_import(
        input["uri"], error_mode=input["error_mode"], integration_id=input.get("integration_id")
    )
    return {"import_id": str(started.id), "index": input["index"], "uri": input["uri"]}
