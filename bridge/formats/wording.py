"""The wording: an endpoint's own template for a message, tried and used. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

import orjson

from bridge.formats import summary, template
from bridge.formats.summary import Summary
from bridge.formats.template import TemplateError, Trusted
from bridge.plugin import JSON
from bridge.registry import EventType

if TYPE_CHECKING:
    from bridge.formats import Platform

MAX_EVENT_BYTES: Final = 64 * 1024
"""A larger event is not given to templates: what they may do is bounded in steps, and a step costs by its size."""


def message(platform: Platform, wire: JSON, summed: Summary, own: JSON) -> JSON:
    """Return a platform's message in an endpoint's own words. Raises ValueError, mostly TemplateError."""
    if len(orjson.dumps(wire)) > MAX_EVENT_BYTES:
        raise TemplateError(f"the event is larger than the {MAX_EVENT_BYTES // 1024} KB that templates take")
    variables = _variables(wire, summed)
    title = _rendered(platform, own.get("title"), variables, platform.MAX_TITLE_CHARACTERS)
    body = _rendered(platform, own.get("body"), variables, platform.MAX_BODY_CHARACTERS)
    return platform.message(summed, title and " ".join(title.split()), body)


def faults(
    platform: Platform, own: JSON, event_types: Iterable[EventType], public_url: str | None
) -> Iterator[tuple[str, str]]:
    """Tell which parts of a template are wrong and why, each tried on the example of every event type."""
    types = tuple(event_types)
    for part, source in own.items():
        for known in types:
            summed = summary.of(known.example, known, public_url)
            try:
                message(platform, known.example, summed, {part: source})
            except ValueError as error:
                yield part, f"{error} (tried on the example of {known.name})"
                break


def _rendered(platform: Platform, source: str | None, variables: JSON, most: int) -> str | None:
    if source is None:
        return None
    text = template.render(source, platform.escape, variables, most)
    if not text:
        raise TemplateError("gives no text")
    return text


def _variables(wire: JSON, summed: Summary) -> JSON:
    return {
        "event": wire,
        "title": summed.title,
        "fields": [{"name": name, "value": value} for name, value in summed.fields],
        "footer": summed.footer,
        "link": Trusted(summed.link or ""),
        "tone": summed.tone,
    }
