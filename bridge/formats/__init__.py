"""The formats: an event or a run's result as the message that a platform takes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import orjson

from bridge.formats import output, slack
from bridge.models import Event
from bridge.plugin import JSON

FORMATS: Final[dict[str, Callable[[Event], JSON]]] = {"output": output.message, "slack": slack.message}


def body(name: str, event: Event) -> bytes | None:
    """Return the bytes of a message in a format; None where the event itself is the message."""
    message = FORMATS.get(name)
    return orjson.dumps(message(event)) if message else None
