"""Microsoft Teams: Adaptive Cards for a Workflows webhook. Pure.

What is told of an event stands in TextRuns, which know no Markdown; a template's text in a TextBlock, which does.
Sources: learn.microsoft.com, "Create incoming webhooks with Workflows", "Format cards in Teams";
adaptivecards.io, "RichTextBlock", "TextRun".
"""

from __future__ import annotations

import html
import re
from typing import Final

from bridge.formats import heard as hearing
from bridge.formats import lengths
from bridge.formats.heard import Heard
from bridge.formats.summary import Summary
from bridge.plugin import JSON

MAX_BODY_CHARACTERS: Final = 6_000
"""The whole message may have 28 KB."""
MAX_TITLE_CHARACTERS: Final = 300
MAX_VALUE_CHARACTERS: Final = 400
COLOURS: Final = {"good": "Good", "bad": "Attention", "plain": "Default"}
MARKUP: Final = re.compile(r"[\\`*_{}\[\]()#+\-.!~|]")


def escape(text: str) -> str:
    """Escape Markdown and tags such as <at>: a backslash before punctuation, entities for `&`, `<` and `>`."""
    return html.escape(MARKUP.sub(r"\\\g<0>", text), quote=False)


def message(summary: Summary, title: str | None = None, body: str | None = None) -> JSON:
    """Return a message for a Workflows webhook. title, body: Markdown in the place of the summary's title and fields."""
    parts = [_block(title, weight="Bolder", size="Medium") if title else _headline(summary)]
    if body is not None:
        parts.append(_block(body))
    else:
        parts += [_line(name, lengths.cut(value, MAX_VALUE_CHARACTERS)) for name, value in summary.fields]
        parts.append(_runs(_run(summary.footer, isSubtle=True, size="Small")))
    card: JSON = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": escape(lengths.cut(summary.title, MAX_TITLE_CHARACTERS)),
        "body": parts,
        "msteams": {"width": "Full"},
    }
    if summary.link and body is None:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": summary.link}]
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def heard(status_code: int, text: str) -> Heard:  # noqa: ARG001 - what every platform is asked
    """Read an answer: nothing with a 202, else {error: {code, message}}."""
    error = hearing.fields(text).get("error")
    return Heard(said=str(error.get("message") or error.get("code") or "") if isinstance(error, dict) else "")


def _headline(summary: Summary) -> JSON:
    text = lengths.cut(summary.title, MAX_TITLE_CHARACTERS)
    return _runs(_run(text, weight="Bolder", size="Medium", color=COLOURS[summary.tone]))


def _line(name: str, value: str) -> JSON:
    return _runs(_run(f"{name}: ", weight="Bolder"), _run(value))


def _runs(*runs: JSON) -> JSON:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **looks: str | bool) -> JSON:
    return {"type": "TextRun", "text": text, **looks}


def _block(text: str, **looks: str) -> JSON:
    return {"type": "TextBlock", "text": text, "wrap": True, **looks}
