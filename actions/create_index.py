"""Creates an index: for dense vectors, for sparse ones, or for text that a model embeds."""

from __future__ import annotations

from actions import described, refuse
from actions.shared import creating
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return the index as soon as Pinecone has accepted it; it is not ready yet."""
    refuse(creating.faults(input))
    return described(creating.create(context, input))
