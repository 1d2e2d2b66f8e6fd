"""docs/formats.md and the pages of the channels say what is so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from bridge import formats, registry
from bridge.formats import slack, telegram, template, wording

DOCS: Final = Path(__file__).parents[3] / "docs"
PAGE: Final = (DOCS / "formats.md").read_text()
EVENT_TYPES: Final = registry.load().event_types
EVENT: Final = EVENT_TYPES["index.ready"].example | {
    "timestamp": "2026-11-27T18:33:36.487251Z",
    "resource": "res_01a21e48b759704e91201beae3f0b358",
}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.mark.parametrize("name", formats.PLATFORMS)
def test_the_message_on_a_channels_page_is_what_is_posted(name: str) -> None:
    page = (DOCS / f"howto/notify-{name}.md").read_text()
    [posted] = map(orjson.loads, blocks(page, "json"))
    order, _ = blocks(page, "sh")
    asked = orjson.loads(re.findall(r"-d '(.*?)'$", order, re.MULTILINE | re.DOTALL)[0])
    told = formats.told(
        name, EVENT, EVENT_TYPES["index.ready"], own=None, public_url="https://pinehook.example.com"
    )
    message = telegram.addressed(told.message, asked["url"]) if name == "telegram" else told.message
    assert (posted, asked["format"]) == (message, name)


def test_the_chat_of_telegrams_page_is_in_its_url() -> None:
    [url] = re.findall(r'"url": "(.*?)"', (DOCS / "howto/notify-telegram.md").read_text())
    assert (telegram.refusal(url), dict(parse_qsl(urlsplit(url).query))) == (
        None,
        {"chat_id": "-1001234567890"},
    )


def test_the_template_on_the_page_is_taken_and_the_refusal_is_the_real_one() -> None:
    asked, refusal = map(orjson.loads, blocks(PAGE, "json"))
    wanted = [known for name, known in EVENT_TYPES.items() if name.startswith("index.")]
    assert list(wording.faults(slack, asked["template"], wanted, None)) == []
    [(_, reason)] = wording.faults(slack, {"body": "one\n{{ event.data.dimensions }}"}, wanted, None)
    assert reason == refusal["errors"][0]["message"]


def test_every_filter_test_and_limit_is_on_the_page() -> None:
    rows = re.findall(r"^\| (`\w.*?) \| ", PAGE.partition("| filter | gives |")[2], re.MULTILINE)
    filters = [name for row in rows for name in re.findall(r"`(\w+)(?:\(.*?\))?`", row)]
    assert sorted(filters) == sorted(template.FILTERS)
    assert [name for name in template.TESTS if f"`is {name}`" not in PAGE] == []
    figures = (
        template.MAX_CHARACTERS, template.MAX_STEPS, template.MAX_VALUE_CHARACTERS,
        *(getattr(known, limit) for known in formats.PLATFORMS.values()
          for limit in ("MAX_TITLE_CHARACTERS", "MAX_BODY_CHARACTERS")),
    )  # fmt: skip
    assert [figure for figure in figures if not re.search(rf"\b{figure:,}\b", PAGE)] == []


def test_every_variable_of_a_template_is_on_the_page() -> None:
    named: list[Any] = re.findall(r"\{[{%][^}]*?\b(event|title|footer|link|tone|fields)\b", PAGE)
    assert set(named) == {"event", "title", "footer", "link", "tone", "fields"}
