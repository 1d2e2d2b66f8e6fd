"""The output alone: for platforms that take what they are sent as an action's result (Zapier's callback, say)."""

from __future__ import annotations

from bridge.models import Event
from bridge.plugin import JSON


def reply(event: Event) -> JSON:
    """Return a run's output; of one that gave none, how it ended: {run, state, error}."""
    told = event.data
    return told.get("output") or {"run": event.key, "state": event.status, "error": told.get("error")}
