"""The formats: an event or a run's result as the message that a platform takes. Pure.

A message is made anew of the same event for every attempt, and comes out as the same bytes: nothing in it depends on
when or by whom it is made. An endpoint's own template that fails makes way for the built-in message.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import orjson

from bridge.formats import discord, output, replies, slack, summary, teams, telegram
from bridge.formats.heard import Heard
from bridge.formats.summary import Summary
from bridge.models import Event
from bridge.plugin import JSON
from bridge.registry import EventType


class Platform(Protocol):
    """What a module here knows of its platform. Lengths are of the finished title and body, in UTF-16 units."""

    @property
    def MAX_TITLE_CHARACTERS(self) -> int: ...  # noqa: D102, N802 - a constant of the module
    @property
    def MAX_BODY_CHARACTERS(self) -> int: ...  # noqa: D102, N802 - same

    def escape(self, text: str) -> str:
        """Return a text that the platform shows as it is, and that mentions nobody."""

    def message(self, summary: Summary, title: str | None = None, body: str | None = None) -> JSON:
        """Return what is posted. title, body: the platform's own markup instead of the summary's title and fields."""

    def heard(self, status_code: int, text: str) -> Heard:
        """Read the body of an answer."""


PLATFORMS: Final[dict[str, Platform]] = {
    "discord": discord,
    "slack": slack,
    "teams": teams,
    "telegram": telegram,
}
REPLIES: Final[dict[str, Callable[[Event], JSON]]] = {
    "output": output.reply,
    "slack": slack.reply,
    **replies.FORMATS,
}


@dataclass(frozen=True, slots=True)
class Told:
    """A message, and why it is not what the endpoint's template says (None: it is, or there is none)."""

    message: JSON
    failure: str | None = None


def reply(name: str, event: Event) -> bytes | None:
    """Return a run's result in a callback's format; None where the event itself is the message."""
    made = REPLIES.get(name)
    return orjson.dumps(made(event)) if made else None


def told(name: str, wire: JSON, known: EventType | None, *, own: JSON | None, public_url: str | None) -> Told:
    """Return an event as a platform's message, in the endpoint's own words where those can be had.

    wire: the event as it is sent. known: its type, None for one that is no more. own: the endpoint's template.
    """
    platform, summed = PLATFORMS[name], summary.of(wire, known, public_url)
    if own is None:
        return Told(platform.message(summed))
    from bridge.formats import wording  # noqa: PLC0415 - Jinja is loaded only where there are templates

    try:
        return Told(wording.message(platform, wire, summed, own))
    except ValueError as error:
        return Told(platform.message(summed), f"the template failed, the built-in message was sent: {error}")


def heard(name: str, status_code: int, text: str) -> Heard:
    """Read what a platform answered; nothing is read out of the answers of other receivers."""
    return PLATFORMS[name].heard(status_code, text) if name in PLATFORMS else Heard()
