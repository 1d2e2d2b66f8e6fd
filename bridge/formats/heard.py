"""What a platform's answer says beyond its status. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from bridge.plugin import JSON


@dataclass(frozen=True, slots=True)
class Heard:
    """What was read out of an answer's body.

    said: the platform's own word for it, "" for none. retry_after_seconds: the pause it asks for, where that stands
    in the body. gone: why nothing will ever arrive there again, for the endpoint's reason.
    """

    said: str = ""
    retry_after_seconds: float | None = None
    gone: str | None = None


def fields(text: str) -> JSON:
    """Return the object an answer is, {} when it is none (or was cut off)."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def seconds(value: object) -> float | None:
    """Return a wait as a platform writes it, None when that is no number of seconds."""
    return (
        float(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
        else None
    )
