"""Writes records of text: the index's own model turns them into vectors."""

from __future__ import annotations

from collections.abc import Iterator

from actions import DEFAULT_NAMESPACE, refuse
from actions.shared.sending import sent
from bridge.errors import Fault
from bridge.plugin import JSON, Context

MAX_TEXTS = 96
"""Records Pinecone embeds in one request."""


def run(context: Context, input: JSON) -> JSON:
    """Check every record for its text, then send; a record whose id is there already replaces it."""
    records = input["records"]
    embed = getattr(context.describe_index(input["index"]), "embed", None)
    refuse(_faults(records, embed.field_map["text"] if embed else None))
    index = context.index(input["index"])
    namespace = input["namespace"] or DEFAULT_NAMESPACE
    written, requests = sent(
        (
            batch[start : start + MAX_TEXTS]
            for batch in context.batches(records)
            for start in range(0, len(batch), MAX_TEXTS)
        ),
        lambda texts: index.upsert_records(records=texts, namespace=namespace).record_count,
        len(records),
        "records were written",
    )
    return {"upserted_count": written, "request_count": requests, "namespace": namespace}


def _faults(records: list[JSON], field: str | None) -> Iterator[Fault]:
    if field is None:
        yield Fault("/index", "has no embedding model: upsert_vectors writes there")
        return
    seen: dict[str, int] = {}
    for place, record in enumerate(records):
        first = seen.setdefault(record["_id"], place)
        if first != place:
            yield Fault(f"/records/{place}/_id", f"is the _id of /records/{first} too")
        text = record.get(field)
        if not isinstance(text, str) or not text.strip():
            yield Fault(f"/records/{place}/{field}", "must be text: it is what the index embeds")
