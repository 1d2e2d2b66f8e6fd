"""Telegram: messages of a bot by sendMessage, in its HTML. Pure.

The chat stands in the endpoint's URL: https://api.telegram.org/bot<token>/sendMessage?chat_id=…
Sources: core.telegram.org/bots/api, "sendMessage", "Formatting options: HTML style", "ResponseParameters".
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from bridge.formats import heard as hearing
from bridge.formats import lengths
from bridge.formats.heard import Heard
from bridge.formats.summary import MAX_NAME_CHARACTERS, Summary
from bridge.plugin import JSON

MAX_CHARACTERS: Final = 4_096
MAX_BODY_CHARACTERS: Final = 3_500
MAX_TITLE_CHARACTERS: Final = 400
MAX_VALUE_CHARACTERS: Final = 280
MENTION: Final = re.compile(r"@(?=\w)")
TAGS: Final = frozenset(
    (
        "a", "b", "blockquote", "code", "del", "em", "i", "ins", "pre", "s", "span", "strike", "strong", "tg-spoiler",
        "u",
    )
)  # fmt: skip
LONE: Final = "a < that begins no tag is written &lt; for Telegram"
SHUT_OUT: Final = ("bot was blocked", "bot was kicked", "user is deactivated")


def escape(text: str) -> str:
    """Escape Telegram's HTML, and put a word joiner after an `@`: a name after it would be a mention."""
    return MENTION.sub("@\u2060", html.escape(text))


def message(summary: Summary, title: str | None = None, body: str | None = None) -> JSON:
    """Return a message without its chat. title, body: HTML in the place of the summary's title and fields.

    Raises ValueError for HTML that Telegram would not take.
    """
    for own in (title, body):
        if flaw := own and _flaw(own):
            raise ValueError(flaw)
    lines = [title or f"<b>{lengths.fitted(summary.title, MAX_TITLE_CHARACTERS, escape)}</b>"]
    if body is not None:
        lines.append(body)
    else:
        lines += [
            f"<b>{lengths.fitted(name, MAX_NAME_CHARACTERS, escape)}:</b> {lengths.fitted(value, MAX_VALUE_CHARACTERS, escape)}"
            for name, value in summary.fields
        ]
        link = [f'<a href="{html.escape(summary.link)}">Open</a>'] if summary.link else []
        lines.append(" · ".join([escape(summary.footer), *link]))
    text = "\n".join(line for line in lines if line)
    return {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def addressed(message: JSON, url: str) -> JSON:
    """Return a message with its chat, and its topic where one is named, as they stand in the endpoint's URL."""
    given = dict(parse_qsl(urlsplit(url).query))
    return {**{name: given[name] for name in ("chat_id", "message_thread_id") if name in given}, **message}


def refusal(url: str) -> str | None:
    """Say why a URL is not that of a bot's sendMessage with a chat; None when it is."""
    parts = urlsplit(url)
    if parts.path.endswith("/sendMessage") and dict(parse_qsl(parts.query)).get("chat_id"):
        return None
    return "is not https://api.telegram.org/bot<token>/sendMessage?chat_id=<chat>, which the format telegram needs"


def _flaw(text: str) -> str | None:
    if "<!" in text or "<?" in text:  # of which the reader knows more than Telegram does
        return LONE
    reader = _Tags()
    reader.feed(text)
    reader.close()
    return reader.flaw or (f"<{reader.open[-1]}> is not closed" if reader.open else None)


class _Tags(HTMLParser):
    """Reads tags as Telegram does: a few names, each closed in its turn."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.open: list[str] = []
        self.flaw: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - HTMLParser's
        self.flaw = self.flaw or (None if tag in TAGS else f"Telegram knows no <{tag}>")
        self.open.append(tag)

    def handle_data(self, data: str) -> None:
        self.flaw = self.flaw or (LONE if "<" in data else None)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.flaw = self.flaw or f"</{tag}> closes what is not open"


def heard(status_code: int, text: str) -> Heard:
    """Read an answer: {ok, description, parameters}; what a 429 asks for stands in `parameters.retry_after`."""
    told = hearing.fields(text)
    given = told.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    said = str(told.get("description") or "")
    if chat := parameters.get("migrate_to_chat_id"):
        said = f"{said}; the chat is now {chat}"
    shut_out = status_code == HTTPStatus.FORBIDDEN and any(words in said for words in SHUT_OUT)
    return Heard(
        said=said,
        retry_after_seconds=hearing.seconds(parameters.get("retry_after")),
        gone=f"Telegram answered: {said}" if shut_out else None,
    )
