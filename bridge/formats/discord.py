"""Discord: messages to webhooks, as one embed that mentions nobody. Pure.

Sources: discord-api-docs, "Execute Webhook", "Embed limits", "Allowed mentions object", "Rate limits".
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

from bridge.formats import heard as hearing
from bridge.formats import lengths
from bridge.formats.heard import Heard
from bridge.formats.summary import MAX_NAME_CHARACTERS, Summary
from bridge.plugin import JSON

MAX_CHARACTERS: Final = 2_000
"""Of a message's own text."""
MAX_BODY_CHARACTERS: Final = 4_096
MAX_TITLE_CHARACTERS: Final = 256
MAX_VALUE_CHARACTERS: Final = 400
"""Of a field: Discord takes 1,024, but 6,000 in the whole embed."""
SHORT: Final = 40
COLOURS: Final = {"good": 0x2E7D32, "bad": 0xC62828, "plain": 0x546E7A}
UNKNOWN_WEBHOOK: Final = 10015
MARKUP: Final = re.compile(r"([\\*_~`|<>#\[\]():\-])")
MENTION: Final = re.compile(r"@(?=everyone|here|[!&]?\d)", re.IGNORECASE)


def escape(text: str) -> str:
    """Escape Discord's Markdown and mentions: a backslash before what it reads, a zero-width space after an `@`."""
    return MENTION.sub("@\u200b", MARKUP.sub(r"\\\1", text))


def message(summary: Summary, title: str | None = None, body: str | None = None) -> JSON:
    """Return a message for a webhook. title, body: Markdown in the place of the summary's title and fields."""
    embed: JSON = {
        "title": title or lengths.fitted(summary.title, MAX_TITLE_CHARACTERS, escape),
        "color": COLOURS[summary.tone],
        "timestamp": summary.timestamp,
        **({"url": summary.link} if summary.link else {}),
    }
    if body is not None:
        embed["description"] = body
    else:
        embed["fields"] = [_field(name, value) for name, value in summary.fields]
        embed["footer"] = {"text": summary.footer}
    return {"embeds": [embed], "allowed_mentions": {"parse": []}}


def heard(status_code: int, text: str) -> Heard:
    """Read an answer: {message, code}, and retry_after in seconds with a 429."""
    told = hearing.fields(text)
    gone = status_code == HTTPStatus.NOT_FOUND and told.get("code") == UNKNOWN_WEBHOOK
    return Heard(
        said=str(told.get("message") or ""),
        retry_after_seconds=hearing.seconds(told.get("retry_after")),
        gone="Discord answered that the webhook was deleted" if gone else None,
    )


def _field(name: str, value: str) -> JSON:
    fitted = lengths.fitted(value, MAX_VALUE_CHARACTERS, escape)
    return {
        "name": lengths.fitted(name, MAX_NAME_CHARACTERS, escape),
        "value": fitted,
        "inline": len(fitted) <= SHORT,
    }
