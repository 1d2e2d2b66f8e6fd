"""Previewing: which recent events a choice of an endpoint would have picked, before there is an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge import events, filtering, fitting, formats, pulling
from bridge.access import Caller
from bridge.fanout import wanted
from bridge.fitting import Changes
from bridge.models import Event
from bridge.plugin import JSON
from bridge.registry import Registry
from bridge.runtime import Runtime

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """On how many events a choice was tried, and those that fit, newest first.

    message: how the newest of them is sent; without one, the example of a type that is wanted.
    """

    checked: int
    matched: Sequence[Event]
    message: JSON


def preview(
    runtime: Runtime,
    caller: Caller,
    *,
    last: int,
    event_types: Sequence[str] = ("*",),
    connection: str | None = None,
    keys: Sequence[str] | None = None,
    filter: JSON | None = None,  # noqa: A002 - the API's own word
    format: str = "event",  # noqa: A002 - same
    template: str | JSON | None = None,
) -> Preview:
    """Try a choice on the last events the caller may see, and write one of them. Raises UnknownConnection, InvalidInput."""
    asked: Changes = {"event_types": event_types, "keys": keys, "filter": filter}
    fitting.refuse_unfit(runtime.registry, asked)
    own = fitting.worded(template)
    fitting.refuse_unfit_wording(runtime, format, own, event_types)
    recent = pulling.page(
        runtime, caller, cursor=None, limit=last, wanted=pulling.Filter(connection=connection)
    ).rows
    fit = [
        event for event in recent if wanted(event.type, event_types) and filtering.fits(event, keys, filter)
    ]
    shown = events.wire(fit[0]) if fit else _example(runtime.registry, event_types)
    return Preview(len(recent), fit[:SHOWN], _message(runtime, shown, format, own))


def _example(registry: Registry, event_types: Sequence[str]) -> JSON:
    return next(known.example for name, known in registry.event_types.items() if wanted(name, event_types))


def _message(runtime: Runtime, wire: JSON, name: str, own: JSON | None) -> JSON:
    if name == "event":
        return wire
    known = runtime.registry.event_types.get(wire["type"])
    return formats.told(name, wire, known, own=own, public_url=runtime.settings.public_url).message
