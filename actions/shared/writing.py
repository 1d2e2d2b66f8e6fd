"""How records made of rows are written: those that are there as they are stay, texts are embedded, batches sent."""

from __future__ import annotations

from collections.abc import Sequence

from actions import HASH_FIELD, vector_shape
from actions.shared.embedding import embedded
from actions.shared.fetching import fetched
from actions.shared.rows import Record
from bridge.plugin import JSON, Context

MAX_TEXTS = 96
"""Records an integrated index embeds in one request."""


def own_field(context: Context, index: str) -> str | None:
    """Return the field an integrated index embeds, None for any other. Raises the SDK's NotFoundError."""
    own = getattr(context.describe_index(index), "embed", None)
    return str(own.field_map["text"]) if own else None


def write(
    context: Context, order: JSON, namespace: str, records: Sequence[Record], *, empty: bool = False
) -> int:
    """Write what is new or changed, mark the rest unchanged; return how many records that makes.

    empty: the index had no records when it was looked at; nothing can be unchanged.
    Raises DimensionMismatch before anything is sent when the model's vectors do not fit the index.
    """
    index = context.index(order["index"])
    ids = [] if empty else [record.id for record in records if record.outcome == "upserted"]
    there, _ = fetched(index, ids, namespace)
    for record in records:
        known = there.get(record.id)
        if known and (known.metadata or {}).get(HASH_FIELD) == record.hash:
            record.outcome = "unchanged"
    new = [record for record in records if record.outcome == "upserted"]
    if new and new[0].text is not None and own_field(context, order["index"]):
        texts = [{"_id": record.id, **record.metadata} for record in new]
        for batch in context.batches(texts):
            for start in range(0, len(batch), MAX_TEXTS):
                index.upsert_records(records=batch[start : start + MAX_TEXTS], namespace=namespace)
        return len(records)
    _embed(context, order, [record for record in new if record.text is not None])
    vectors = [{"id": each.id, "values": each.values, "metadata": each.metadata} for each in new]
    for batch in context.batches(vectors):
        index.upsert(vectors=batch, namespace=namespace)
    return len(records)


def _embed(context: Context, order: JSON, records: Sequence[Record]) -> None:
    if not records:
        return
    shape = vector_shape(context, order["index"])
    texts = [str(record.text) for record in records]
    for record, values in zip(
        records, embedded(context, shape, texts, order["embed"], "document"), strict=True
    ):
        record.values = values
