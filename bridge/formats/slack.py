"""Slack: messages to incoming webhooks in Block Kit, and answers to a response_url. Pure.

Sources: docs.slack.dev, "Sending messages using incoming webhooks", "Formatting message text", "Block Kit: section
block", "Handling user interaction".
"""

from __future__ import annotations

import html
from typing import Final

import orjson

from bridge.formats import lengths
from bridge.formats.heard import Heard
from bridge.formats.summary import MAX_NAME_CHARACTERS, Summary
from bridge.models import Event
from bridge.plugin import JSON

MAX_CHARACTERS: Final = 3_000
"""Of the text of a section."""
MAX_BODY_CHARACTERS: Final = MAX_CHARACTERS
MAX_TITLE_CHARACTERS: Final = 300
MAX_VALUE_CHARACTERS: Final = 1_900
"""Of a field, which Slack lets have 2,000 with its name."""
QUIET: Final = {"unfurl_links": False, "unfurl_media": False}


def escape(text: str) -> str:
    """Escape what begins a mention, a link or a date in mrkdwn: `&`, `<` and `>`, which is all Slack asks for."""
    return html.escape(text, quote=False)


def message(summary: Summary, title: str | None = None, body: str | None = None) -> JSON:
    """Return a message for an incoming webhook. title, body: mrkdwn in the place of the summary's title and fields."""
    headline = title or f"*{lengths.fitted(summary.title, MAX_TITLE_CHARACTERS, escape)}*"
    blocks = [_section(headline)]
    if body is not None:
        blocks.append(_section(body))
    elif summary.fields:
        blocks.append({"type": "section", "fields": [_field(name, value) for name, value in summary.fields]})
    if body is None:
        link = [f"<{summary.link}|Open>"] if summary.link else []
        blocks.append({"type": "context", "elements": [_text(" · ".join([escape(summary.footer), *link]))]})
    return {"text": lengths.fitted(summary.title, MAX_TITLE_CHARACTERS, escape), "blocks": blocks, **QUIET}


def reply(event: Event) -> JSON:
    """Return what a run gave for a response_url: its answer where it has one, else its output, or why it failed."""
    text = lengths.fitted(_result(event), MAX_CHARACTERS, escape)
    return {"response_type": "ephemeral", "replace_original": False, "text": text}


def heard(status_code: int, text: str) -> Heard:  # noqa: ARG001 - what every platform is asked
    """Read an answer: a word such as `ok`, `invalid_payload`, `no_service` or `channel_is_archived`."""
    return Heard(said=text.strip())


def _section(text: str) -> JSON:
    return {"type": "section", "text": _text(text)}


def _field(name: str, value: str) -> JSON:
    named = lengths.fitted(name, MAX_NAME_CHARACTERS, escape)
    return _text(f"*{named}*\n{lengths.fitted(value, MAX_VALUE_CHARACTERS, escape)}")


def _text(text: str) -> JSON:
    # Verbatim: Slack is not to make links, channels or mentions of what looks like one.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _result(event: Event) -> str:
    told = event.data
    output = told.get("output") or {}
    if isinstance(answer := output.get("answer"), str):
        return answer
    said = f"{told.get('action', event.type)} {event.status}"
    if error := told.get("error"):
        return f"{said}: {error.get('detail')}"
    return f"{said}: {orjson.dumps(output).decode()}" if output else said
