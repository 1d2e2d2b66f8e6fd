"""A message to a Slack response_url (docs.slack.dev, "Handling user interaction"): text that only the asker sees."""

from __future__ import annotations

from typing import Final

import orjson

from bridge.models import Event
from bridge.plugin import JSON

MAX_CHARACTERS: Final = 3000


def message(event: Event) -> JSON:
    """Return what a run gave as text: its answer where it has one, else its output, or why it failed."""
    return {"response_type": "ephemeral", "replace_original": False, "text": _text(event)[:MAX_CHARACTERS]}


def _text(event: Event) -> str:
    told = event.data
    output = told.get("output") or {}
    if isinstance(answer := output.get("answer"), str):
        return answer
    said = f"{told.get('action', event.type)} {event.status}"
    if error := told.get("error"):
        return f"{said}: {error.get('detail')}"
    return f"{said}: {orjson.dumps(output).decode()}" if output else said
