"""The summary: what a person is told of an event, in no platform's words yet: a title, fields, a link. Pure.

Which fields of an event's data are shown says its type's schema, in `message`: `about` is the field that the title
names (the event's key without it), `shows` the fields below it, dots leading into objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

from bridge.formats import lengths
from bridge.plugin import JSON
from bridge.registry import EventType

MAX_FIELDS: Final = 10
MAX_NAME_CHARACTERS: Final = 60
MAX_VALUE_CHARACTERS: Final = 500
MAX_ABOUT_CHARACTERS: Final = 120
MAX_LISTED: Final = 20
MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z")
GOOD: Final = frozenset(("completed", "ready", "recovered", "succeeded"))
BAD: Final = frozenset(
    (
        "disabled", "exhausted", "failed", "failing", "missed", "rate_limited", "stale", "unauthorized",
        "unreachable",
    )
)  # fmt: skip

Tone = Literal["good", "bad", "plain"]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a person is told of an event, unescaped. link: where to look it up; None where nothing is known."""

    title: str
    fields: tuple[tuple[str, str], ...]
    link: str | None
    footer: str
    timestamp: str
    tone: Tone


def of(wire: JSON, known: EventType | None, public_url: str | None) -> Summary:
    """Sum up an event as it is sent. known: its type; None for one that is no more."""
    word = wire["type"].partition(".")[2]
    footer = [wire["type"], said(wire["timestamp"]), *(["a test"] if wire["test"] else [])]
    return Summary(
        title=_title(wire, known),
        fields=tuple(_fields(wire, known))[:MAX_FIELDS],
        link=_link(wire, public_url),
        footer=" · ".join(footer),
        timestamp=wire["timestamp"],
        tone="good" if word in GOOD else "bad" if word in BAD else "plain",
    )


def said(value: Any) -> str:
    """Write a value of JSON for a person: moments to the minute, large numbers with commas, what holds more in a line."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:,}"
    if isinstance(value, str):
        moment = MOMENT.fullmatch(value)
        return f"{moment[1]} {moment[2]} UTC" if moment else lengths.cut(value, MAX_VALUE_CHARACTERS)
    if isinstance(value, Mapping) and all(_is_flat(part) for part in value.values()):
        # A number in there may be a year or an id.
        parts = [f"{name}: {_plain(part)}" for name, part in list(value.items())[:MAX_LISTED]]
    elif isinstance(value, list) and all(_is_flat(part) for part in value):
        parts = [_plain(part) for part in value[:MAX_LISTED]]
    else:
        return lengths.cut(orjson.dumps(value).decode(), MAX_VALUE_CHARACTERS)
    return lengths.cut(", ".join(parts) or "none", MAX_VALUE_CHARACTERS)


def _title(wire: JSON, known: EventType | None) -> str:
    about = _found(wire["data"], known.about) if known and known.about else None
    subject = " ".join(str(about or wire["key"]).split())
    return f"{known.title if known else wire['type']}: {lengths.cut(subject, MAX_ABOUT_CHARACTERS)}"


def _fields(wire: JSON, known: EventType | None) -> Iterator[tuple[str, str]]:
    if status := _status(wire["previous_status"], wire["status"]):
        yield "Status", status
    for name, (old, new) in (wire["changes"] or {}).items():
        yield _label(name), f"{said(old)} → {said(new)}"
    shown = known.shows if known and known.shows is not None else tuple(wire["data"])
    for path in shown:
        value = _found(wire["data"], path)
        if value not in (None, "", [], {}) and path not in (wire["changes"] or {}):
            yield _label(path), said(value)


def _status(previous: str | None, status: str | None) -> str | None:
    if status is None or previous in (None, status):
        return said(status) if status else f"was {said(previous)}" if previous else None
    return f"{said(previous)} → {said(status)}"


def _found(data: JSON, path: str) -> Any:
    found: Any = data
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _label(path: str) -> str:
    words = path.rpartition(".")[2].replace("_", " ")
    return lengths.cut(words[:1].upper() + words[1:], MAX_NAME_CHARACTERS)


def _link(wire: JSON, public_url: str | None) -> str | None:
    if not public_url:
        return None
    place = f"resources/{wire['resource']}" if wire["resource"] else f"events/{wire['id']}"
    return f"{public_url.rstrip('/')}/v1/{place}"


def _plain(value: Any) -> str:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else said(value)


def _is_flat(value: Any) -> bool:
    return not isinstance(value, Mapping | list)
