"""The how-tos of the chats: what they have a person paste is what the bridge takes."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from bridge import commands
from bridge.registry import ROOT
from tests.bridge.web.chat.conftest import (
    BOT_TOKEN,
    SIGNING_SECRET,
    TEAMS_TOKEN,
    TELEGRAM_SECRET,
    Chat,
    on_sqlite,
)

PAGES = ("slack", "discord", "teams", "telegram")
GIVEN = {
    "<the signing secret>": SIGNING_SECRET,
    "<the application id>": "845027738276462632",
    "<the public key>": "ab" * 32,
    "<the security token>": TEAMS_TOKEN,
    "<the chat id>": "-1001234567890",
    "'\"$SECRET\"'": TELEGRAM_SECRET,
    "'\"$BOT_TOKEN\"'": BOT_TOKEN,
}


def page(name: str) -> str:
    text = (ROOT / f"docs/howto/{name}.md").read_text()
    for placeholder, given in GIVEN.items():
        text = text.replace(placeholder, given)
    return text


def bodies(text: str, path: str) -> list[Any]:
    """What the curl commands to a path send."""
    return [
        orjson.loads(body)
        for url, body in re.findall(r'curl [^"]*"([^"]+)".*?-d \'(.*?)\'\n', text, re.DOTALL)
        if path in url
    ]


@on_sqlite
@pytest.mark.parametrize("name", PAGES)
def test_the_workspace_of_a_page_is_taken_as_it_stands(chat: Chat, name: str) -> None:
    [body] = bodies(page(name), "/v1/chat/workspaces")
    made = chat.api.post("/v1/chat/workspaces", json={**body, "index": "notes"})
    assert (made.status_code, made.json()["platform"]) == (201, name), made.text


@on_sqlite
def test_every_address_that_a_page_names_is_one_of_ours(chat: Chat) -> None:
    named = {path for name in PAGES for path in re.findall(r"bridge\.example\.com(/[a-z0-9/]+)", page(name))}
    assert named == {
        "/v1/chat/slack/commands", "/v1/chat/slack/interactions", "/v1/chat/discord/interactions", "/v1/chat/teams", "/v1/chat/telegram",
    }  # fmt: skip
    assert {chat.anyone.post(path).status_code for path in named} == {401}


def test_the_commands_that_discord_is_told_of_are_understood() -> None:
    [[whole]] = bodies(page("discord"), "/commands")
    told = [option["name"] for option in whole["options"]]
    assert sorted(told) == sorted(commands.COMMANDS)


def test_the_commands_that_telegram_is_told_of_are_understood() -> None:
    [told] = bodies(page("telegram"), "/setMyCommands")
    assert {command["command"] for command in told["commands"]} <= set(commands.COMMANDS)


def test_the_reference_names_every_command_as_it_is_written() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| \w* ?\|", (ROOT / "docs/chat.md").read_text(), re.MULTILINE)
    assert rows == [known.usage for known in commands.COMMANDS.values()]
