"""Every event type's example, as it is and full of injections, in every format, within what the platform takes."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import orjson
import pytest
from slack_sdk.models.blocks import Block

from bridge import formats, registry
from bridge.plugin import JSON
from bridge.registry import EventType

EVENT_TYPES: Final = registry.load().event_types
BASE: Final = "https://bridge.example"
INJECTIONS: Final = (
    "<!channel> <@U012AB3CD> <#C1|general> <https://evil.example|click> & *bold* `code`",
    "@everyone @here <@123456789012345678> <@&42> <#99> [click](https://evil.example) ||spoiler|| # head",
    '<b>bold</b> <a href="https://evil.example">click</a> @someone @some_bot & </b>',
    "<at>Everyone</at> [click](https://evil.example) **bold** {{DATE(2026-01-01T00:00:00Z)}} &lt;at&gt;",
)


def poisoned(known: EventType, text: str) -> JSON:
    """An example whose every text a stranger has written."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: changed(part) for name, part in value.items()}
        if isinstance(value, list):
            return [changed(part) for part in value]
        return text if isinstance(value, str) else value

    kept = {
        name: known.example[name] for name in ("id", "type", "timestamp", "observed_at", "resource", "test")
    }
    return {**changed(known.example), **kept}


def told(name: str, known: EventType, wire: JSON | None = None, **more: Any) -> JSON:
    given = {"own": None, "public_url": BASE, **more}
    made = formats.told(name, wire or known.example, known, **given)
    assert made.failure is None
    return made.message


def texts(message: Any) -> Iterator[str]:
    """Every text of a message that a platform shows."""
    if isinstance(message, dict):
        for name, value in message.items():
            if name not in ("type", "url", "$schema", "contentType", "timestamp", "parse_mode"):
                yield from texts(value)
    elif isinstance(message, list):
        for part in message:
            yield from texts(part)
    elif isinstance(message, str):
        yield message


@pytest.mark.parametrize("name", formats.PLATFORMS)
def test_every_event_type_is_told_with_title_fields_and_link(name: str) -> None:
    for known in EVENT_TYPES.values():
        shown = orjson.dumps(told(name, known)).decode().replace("\\", "")
        about = known.example["data"].get(known.about) if known.about else known.example["key"]
        own = known.example["resource"]
        link = f"{BASE}/v1/resources/{own}" if own else f"{BASE}/v1/events/{known.example['id']}"
        assert [text in shown for text in (known.title, str(about).split("…")[0], link)] == [True] * 3, shown


def slack_within(message: JSON) -> None:
    assert len(message["blocks"]) <= 50
    for parsed in Block.parse_all(message["blocks"]):
        parsed.validate_json()
    for block in message["blocks"]:
        assert len(block.get("fields", [])) <= 10
        assert all(0 < len(field["text"]) <= 2000 for field in block.get("fields", []))
        assert len(block.get("text", {"text": ""})["text"]) <= 3000


def discord_within(message: JSON) -> None:
    [embed] = message["embeds"]
    fields = [text for field in embed["fields"] for text in (field["name"], field["value"])]
    assert all(0 < len(field["name"]) <= 256 and 0 < len(field["value"]) <= 1024 for field in embed["fields"])
    assert len(embed["fields"]) <= 25
    assert len(embed["title"]) <= 256
    assert sum(map(len, [embed["title"], embed["footer"]["text"], *fields])) <= 6000


def teams_within(message: JSON) -> None:
    assert len(orjson.dumps(message)) <= 28 * 1024


def telegram_within(message: JSON) -> None:
    assert 0 < len(message["text"].encode("utf-16-le")) // 2 <= 4096


WITHIN: Final[dict[str, Callable[[JSON], None]]] = {
    "slack": slack_within,
    "discord": discord_within,
    "teams": teams_within,
    "telegram": telegram_within,
}


@pytest.mark.parametrize("name", formats.PLATFORMS)
@pytest.mark.parametrize("text", ["&" * 5000, "<@_*" * 2000, "🌲" * 5000, "x" * 60_000, "\\" * 5000])
def test_whatever_an_event_holds_is_within_the_limits(name: str, text: str) -> None:
    for known in EVENT_TYPES.values():
        wire = poisoned(known, text) | {"changes": {f"{text[:90]}{n}": [text, None] for n in range(30)}}
        WITHIN[name](told(name, known, wire))
        WITHIN[name](told(name, known))


@pytest.mark.parametrize("text", INJECTIONS)
def test_slack_reads_no_mention_and_no_link_in_an_event(text: str) -> None:
    for known in EVENT_TYPES.values():
        for shown in texts(told("slack", known, poisoned(known, text))):
            ours = re.sub(rf"<{BASE}/v1/\S+\|Open>", "", shown)
            assert not set("<>") & set(ours), shown
            assert not re.search(r"&(?!amp;|lt;|gt;)", ours), shown


@pytest.mark.parametrize("text", INJECTIONS)
def test_discord_reads_no_markup_and_mentions_nobody(text: str) -> None:
    for known in EVENT_TYPES.values():
        message = told("discord", known, poisoned(known, text))
        assert message["allowed_mentions"] == {"parse": []}
        [embed] = message["embeds"]
        for shown in (
            embed["title"],
            *(part[name] for part in embed["fields"] for name in ("name", "value")),
        ):
            assert not re.search(r"(?<!\\)(?:\\\\)*[*_`|<>#\[\]()]", shown), shown
            assert not re.search(r"@(everyone|here|[!&]?\d)", shown), shown


@pytest.mark.parametrize("text", INJECTIONS)
def test_teams_reads_markdown_in_nothing_that_an_event_says(text: str) -> None:
    for known in EVENT_TYPES.values():
        card = told("teams", known, poisoned(known, text))["attachments"][0]["content"]
        assert {part["type"] for part in card["body"]} == {"RichTextBlock"}
        assert "entities" not in card["msteams"]
        assert "<" not in card["fallbackText"]


@pytest.mark.parametrize("text", INJECTIONS)
def test_telegram_reads_no_tag_and_no_mention_in_an_event(text: str) -> None:
    for known in EVENT_TYPES.values():
        shown = told("telegram", known, poisoned(known, text))["text"]
        ours = re.sub(rf'</?b>|<a href="{BASE}[^"]+">|</a>', "", shown)
        assert not set("<>") & set(ours), shown
        assert not re.search(r"@\w", ours), shown


@pytest.mark.parametrize("name", formats.PLATFORMS)
@pytest.mark.parametrize("text", [*INJECTIONS, "plain text, (with) brackets - and_more", "日本語 🌲"])
def test_an_escaped_text_reads_as_it_was_written(name: str, text: str) -> None:
    escaped = formats.PLATFORMS[name].escape(text).replace("\u200b", "").replace("\u2060", "")
    unmarked = re.sub(r"\\([^0-9A-Za-z\s])", r"\1", escaped) if name in ("discord", "teams") else escaped
    assert (unmarked if name == "discord" else html.unescape(unmarked)) == text


def test_without_a_public_url_there_is_no_link() -> None:
    for name in formats.PLATFORMS:
        shown = orjson.dumps(told(name, EVENT_TYPES["index.ready"], public_url=None)).decode()
        assert "/v1/" not in shown
        assert "Open" not in shown


def test_an_event_of_a_type_that_is_no_more_is_told_by_its_name() -> None:
    wire = {**EVENT_TYPES["index.ready"].example, "type": "index.exploded"}
    message = formats.told("slack", wire, None, own=None, public_url=None).message
    assert message["text"] == "index.exploded: articles"


def test_the_same_event_is_the_same_bytes_every_time() -> None:
    known = EVENT_TYPES["backup.ready"]
    own = {"title": "{{ event.key }}", "body": "{{ event.data.tags|pretty }} {{ event.timestamp|pretty }}"}
    for name in formats.PLATFORMS:
        for template in (None, own):
            made = {orjson.dumps(told(name, known, own=template)) for _ in range(3)}
            assert len(made) == 1


def test_a_change_is_shown_once_as_old_and_new() -> None:
    fields = told("slack", EVENT_TYPES["index.configured"])["blocks"][1]["fields"]
    shown = [field["text"] for field in fields]
    assert ("*Deletion protection*\ndisabled → enabled" in shown, "*Status*\nReady" in shown) == (True, True)
    assert sum("Deletion protection" in text for text in shown) == 1
