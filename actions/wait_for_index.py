"""Waits until an index is ready: as a run, so that nobody's request has to stay open."""

from __future__ import annotations

from actions import described
from bridge.errors import PineconeFailedPrecondition
from bridge.plugin import JSON, Context

LOOK_SECONDS = 1.0
NEVER_READY = ("InitializationFailed", "Terminating", "Disabled")


def run(context: Context, input: JSON) -> JSON:
    """Return the index when it is ready, or with `ready` false when the time is over."""
    begun = context.place or {"until": context.now().timestamp() + input["timeout_seconds"]}
    while True:
        index = described(context.pinecone.indexes.describe(input["index"]))
        left = begun["until"] - context.now().timestamp()
        if index["ready"] or left <= 0:
            return {"ready": index["ready"], "index": index}
        if index["status"] in NEVER_READY:
            raise PineconeFailedPrecondition(f"the index is {index['status']}: it will not become ready")
        context.report(0, None, place=begun)
        context.pause(min(LOOK_SECONDS, left))
