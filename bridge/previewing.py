"""Previewing: which recent events a choice of an endpoint would have picked, before there is an endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge import filtering, fitting, pulling
from bridge.access import Caller
from bridge.fanout import wanted
from bridge.fitting import Changes
from bridge.models import Event
from bridge.plugin import JSON
from bridge.runtime import Runtime

SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """On how many events a choice was tried, and those that fit, newest first."""

    checked: int
    matched: Sequence[Event]


def preview(
    runtime: Runtime,
    caller: Caller,
    *,
    last: int,
    event_types: Sequence[str] = ("*",),
    connection: str | None = None,
    keys: Sequence[str] | None = None,
    filter: JSON | None = None,  # noqa: A002 - the API's own word
) -> Preview:
    """Try a choice on the last events the caller may see. Raises UnknownConnection, InvalidInput."""
    asked: Changes = {"event_types": event_types, "keys": keys, "filter": filter}
    fitting.refuse_unfit(runtime.registry, asked)
    recent = pulling.page(
        runtime, caller, cursor=None, limit=last, wanted=pulling.Filter(connection=connection)
    ).rows
    fit = [
        event for event in recent if wanted(event.type, event_types) and filtering.fits(event, keys, filter)
    ]
    return Preview(len(recent), fit[:SHOWN])
