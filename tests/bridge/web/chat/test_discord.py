from __future__ import annotations

from typing import Any

import orjson
import pytest
from nacl.signing import SigningKey

from tests.bridge.web.chat.conftest import APPLICATION, Chat, on_sqlite

PING = orjson.dumps({"type": 1, "id": "1", "application_id": APPLICATION, "token": "t", "version": 1})
HIDDEN = 64
PLACE = f"/webhooks/{APPLICATION}/aW50ZXJhY3Rpb246ODQ1MDI3NzM4Mjc2NDYyNjMyOnRva2Vu/messages/@original"


@pytest.fixture
def discord(chat: Chat) -> Chat:
    chat.workspace("discord")
    return chat


def test_a_ping_is_answered_with_a_pong_in_json(discord: Chat) -> None:
    answer = discord.send_discord(PING)
    assert (answer.status_code, answer.headers["Content-Type"], answer.json()) == (
        200, "application/json", {"type": 1},
    )  # fmt: skip


@on_sqlite
@pytest.mark.parametrize(
    "how",
    [
        {"key": SigningKey(b"another seed of thirty-two bytes")},
        {"X-Signature-Ed25519": "0" * 128},
        {"X-Signature-Ed25519": "no hex"},
        {"X-Signature-Ed25519": ""},
        {"X-Signature-Timestamp": ""},
        {"age": 301},
        {"age": -360},
    ],
)
def test_what_discord_has_not_signed_now_is_refused(discord: Chat, how: dict[str, Any]) -> None:
    answer = discord.send_discord(PING, **how)
    assert (answer.status_code, answer.json()["code"], discord.runs()) == (401, "bad_signature", [])


def test_a_search_is_deferred_and_takes_the_place_of_the_message_that_waits(discord: Chat) -> None:
    answer = discord.discord("search", "what does a server send?")
    discord.work()
    [posted] = discord.receiver.received
    told = posted.json
    assert answer.json() == {"type": 5, "data": {"flags": HIDDEN}}
    assert (posted.method, posted.path) == ("PATCH", "/hook" + PLACE)
    assert (told["allowed_mentions"], told["components"]) == ({"parse": []}, [])
    assert told["content"].startswith("1. A webhook is a message that a server sends")


def test_a_command_of_its_own_name_is_understood_too(discord: Chat) -> None:
    data = {"id": "1", "name": "ask", "type": 1, "options": [{"name": "text", "type": 3, "value": "When do cones open?"}]}  # fmt: skip
    discord.send_discord(discord.interaction(2, data))
    discord.work()
    [told] = discord.told()
    assert told["content"].startswith("\\[1\\] Pine cones open")


def test_a_note_is_deleted_by_the_button_of_whoever_asked(discord: Chat) -> None:
    discord.discord("note", "The keys are under the mat.")
    discord.work()
    note = discord.told()[0]["content"].replace("\\", "").removeprefix("Noted, as ").rstrip(".")
    asked = discord.discord("delete", note).json()
    button = asked["data"]["components"][0]["components"][0]
    press = {"custom_id": button["custom_id"], "component_type": 2}
    other = discord.send_discord(discord.interaction(3, press, user="999")).json()
    mine = discord.send_discord(discord.interaction(3, press)).json()
    discord.work()
    assert (asked["type"], asked["data"]["flags"], button["style"]) == (4, HIDDEN, 4)
    assert (other["type"], other["data"]["content"]) == (7, "Only whoever asked can confirm it.")
    assert (mine, discord.told()[1]["content"]) == ({"type": 6}, "The note was deleted.")


def test_text_of_others_mentions_nobody_and_marks_nothing_up(discord: Chat) -> None:
    discord.discord("note", "@everyone **look** at <@1234> and [this](https://evil.example) `now`")
    discord.work()
    discord.discord("search", "everyone look")
    discord.work()
    told = discord.told()[1]
    assert "@everyone" not in told["content"]
    assert "<@1234>" not in told["content"]
    assert "\\*\\*look\\*\\*" in told["content"]
    assert told["allowed_mentions"] == {"parse": []}


@on_sqlite
def test_an_answer_is_never_longer_than_discord_takes(discord: Chat) -> None:
    for number in range(6):
        discord.discord("note", f"{number} " + "*[cone]* " * 400)
    discord.discord("ask", "cone")
    discord.work()
    assert max(len(told["content"]) for told in discord.told()) <= 2000


def test_the_same_interaction_twice_is_refused_and_done_once(discord: Chat) -> None:
    body = discord.interaction(2, {"id": "1", "name": "backup", "type": 1})
    answers = [discord.send_discord(body).status_code for _ in range(2)]
    discord.work()
    assert (answers, len(discord.runs()), len(discord.told())) == ([200, 401], 1, 1)


def test_help_and_what_is_unknown_are_answered_at_once(discord: Chat) -> None:
    answers = [discord.discord("help").json(), discord.discord("fly", "away").json(),
               discord.send_discord(discord.interaction(9, {})).json()]  # fmt: skip
    assert {(answer["type"], answer["data"]["flags"]) for answer in answers} == {(4, HIDDEN)}
    assert all("search WORDS" in answer["data"]["content"] for answer in answers)


def test_a_server_may_have_a_workspace_of_its_own(chat: Chat) -> None:
    chat.workspace("discord", commands=["search"], scopes=["read"])
    server = chat.workspace("discord", external_id="290926798626357999", commands=["status"], scopes=["read"])
    chat.discord("status")
    assert [run.api_key_id for run in chat.runs()] == [server["id"]]


def test_a_server_of_an_unknown_application_is_refused(discord: Chat) -> None:
    assert discord.discord("help", application_id="1").status_code == 401


@on_sqlite
@pytest.mark.parametrize(
    "data",
    [
        7,
        [],
        {"options": 7},
        {"options": [7, None]},
        {"name": 7, "options": [{"value": {}}]},
        {"custom_id": 7},
    ],
)
@pytest.mark.parametrize("kind", [2, 3])
def test_what_makes_no_sense_is_answered_with_help(discord: Chat, kind: int, data: Any) -> None:
    answer = discord.send_discord(discord.interaction(kind, data))
    assert (answer.status_code, discord.runs()) == (200, [])


def test_json_that_is_none_is_refused(discord: Chat, problem: Any) -> None:
    assert [problem(discord.send_discord(body)) for body in (b"{", b"[]")] == [(400, "not_json", None)] * 2
