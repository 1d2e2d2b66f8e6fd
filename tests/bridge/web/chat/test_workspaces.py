from __future__ import annotations

import base64
import hashlib
import hmac
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import col, select, update

from bridge import clock
from bridge.models import Audit, Endpoint, Workspace
from tests.bridge.web.chat.conftest import ALL, BOT_TOKEN, SIGNING_SECRET, TEAMS_TOKEN, Chat, on_sqlite

SLACK = {"platform": "slack", "external_id": "T1", "name": "Ours", "secret": SIGNING_SECRET, "index": "notes"}


def test_a_workspace_is_made_changed_listed_and_removed_and_its_secret_never_shown(chat: Chat) -> None:
    made = chat.api.post("/v1/chat/workspaces", json=SLACK)
    path = made.headers["Location"]
    changed = chat.api.patch(
        path, json={"commands": ["note", "search"], "scopes": ["write", "read"], "name": "Theirs"}
    )
    answers = [made, changed, chat.api.get(path), chat.api.get("/v1/chat/workspaces")]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200]
    assert {name: made.json()[name] for name in ("platform", "external_id", "secret_hint", "has_bot_token", "index", "namespace", "embed", "commands", "scopes")} == {
        "platform": "slack", "external_id": "T1", "secret_hint": "…85a5", "has_bot_token": False, "index": "notes",
        "namespace": "__default__", "embed": None, "commands": ["search", "ask", "status"], "scopes": ["read"],
    }  # fmt: skip
    assert (changed.json()["commands"], changed.json()["scopes"]) == (["search", "note"], ["read", "write"])
    assert [SIGNING_SECRET in answer.text for answer in answers] == [False] * 4
    assert [chat.api.delete(path).status_code, chat.api.get(path).status_code] == [204, 404]


def test_secrets_are_sealed_at_rest(chat: Chat) -> None:
    chat.workspace("telegram", bot_token=BOT_TOKEN)
    with chat.runtime.database.read() as session:
        row = session.exec(select(Workspace)).one()
    assert row.sealed_token is not None
    assert (chat.runtime.vault.open(row.sealed_token), BOT_TOKEN.encode() in row.sealed_token) == (
        BOT_TOKEN,
        False,
    )


def test_every_change_is_audited(chat: Chat) -> None:
    path = chat.api.post("/v1/chat/workspaces", json=SLACK).headers["Location"]
    chat.api.patch(path, json={"name": "x"})
    chat.api.delete(path)
    with chat.runtime.database.read() as session:
        verbs = session.exec(select(Audit.verb).where(Audit.subject == path.rpartition("/")[2])).all()
    assert sorted(verbs) == ["workspace.create", "workspace.remove", "workspace.update"]


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"platform": "irc"}, "/platform"),
        ({"external_id": None}, "/external_id"),
        ({"secret": "short"}, "/secret"),
        ({"platform": "discord"}, "/secret"),
        ({"platform": "discord", "secret": "g" * 64}, "/secret"),
        ({"platform": "teams", "secret": TEAMS_TOKEN}, "/external_id"),
        ({"platform": "telegram", "secret": "a.b.c.d.e.f.g.h.i"}, "/secret"),
        ({"bot_token": BOT_TOKEN}, "/bot_token"),
        ({"bot_token": "no token"}, "/bot_token"),
        ({"commands": ["fly"]}, "/commands/0"),
        ({"commands": ["note"]}, "/scopes"),
        ({"scopes": ["admin"]}, "/scopes/0"),
        ({"scopes": []}, "/scopes"),
        ({"index": "No Index"}, "/index"),
        ({"embed": {"model": "x"}}, "/embed/provider"),
    ],
)
def test_what_is_no_workspace_is_refused_by_the_field(
    chat: Chat, problem: Any, changes: dict[str, Any], pointer: str
) -> None:
    refused = chat.api.post("/v1/chat/workspaces", json={**SLACK, **changes})
    assert problem(refused) == (422, "invalid_input", pointer)


@on_sqlite
def test_teams_secret_must_be_base64(chat: Chat, problem: Any) -> None:
    given = {"platform": "teams", "name": "t", "index": "notes", "secret": "not base64, and long"}
    refused = chat.api.post("/v1/chat/workspaces", json={**given, "secret": "not-base64-and-long"})
    assert problem(refused) == (422, "invalid_input", "/secret")


@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_the_same_workspace_twice_is_a_conflict(chat: Chat, problem: Any, platform: str) -> None:
    made = chat.workspace(platform)
    again = {"platform": platform, "name": "again", "index": "notes",
             "secret": SIGNING_SECRET if platform == "slack" else TEAMS_TOKEN}  # fmt: skip
    if platform == "slack":
        again["external_id"] = made["external_id"]
    assert problem(chat.api.post("/v1/chat/workspaces", json=again)) == (409, "conflict", None)


@pytest.mark.parametrize("platform", ["slack", "teams"])
def test_of_many_who_make_the_same_workspace_at_once_one_does(chat: Chat, platform: str) -> None:
    teams = {"platform": "teams", "name": "Ours", "secret": TEAMS_TOKEN, "index": "notes"}
    asked = SLACK if platform == "slack" else teams
    clients = [chat.web.client() for _ in range(8)]
    with ThreadPoolExecutor(len(clients)) as threads:
        made = threads.map(lambda client: client.post("/v1/chat/workspaces", json=asked), clients)
    assert sorted(one.status_code for one in made) == [201, *[409] * 7]


def test_nobody_gives_a_workspace_more_than_they_have(chat: Chat, problem: Any) -> None:
    client = chat.web.client("admin", "read")
    refused = client.post(
        "/v1/chat/workspaces", json={**SLACK, "commands": ALL, "scopes": ["read", "write", "delete"]}
    )
    assert problem(refused) == (403, "missing_scope", None)


def test_workspaces_are_for_admins_and_within_their_connections(chat: Chat) -> None:
    path = chat.api.post("/v1/chat/workspaces", json=SLACK).headers["Location"]
    other = chat.api.post(
        "/v1/connections", json={"name": "other", "api_key": "k", "host": "http://127.0.0.1:9"}
    ).json()["id"]
    limited = chat.web.client(connection_ids=[other])
    assert chat.web.client("read", "write").get(path).status_code == 403
    assert [
        limited.get(path).status_code,
        limited.patch(path, json={"name": "x"}).status_code,
        limited.delete(path).status_code,
    ] == [404, 404, 404]
    assert limited.get("/v1/chat/workspaces").json()["data"] == []


def test_a_workspace_goes_with_its_connection(chat: Chat) -> None:
    other = chat.api.post(
        "/v1/connections", json={"name": "other", "api_key": "k", "host": "http://127.0.0.1:9"}
    ).json()["id"]
    path = chat.api.post("/v1/chat/workspaces", json={**SLACK, "connection": "other"}).headers["Location"]
    chat.api.delete(f"/v1/connections/{other}")
    assert chat.api.get(path).status_code == 404


def test_a_secret_that_cannot_be_opened_lets_nobody_in(chat: Chat) -> None:
    for platform in ("slack", "discord", "teams", "telegram"):
        chat.workspace(platform)
    with chat.runtime.database.write() as session:
        session.execute(update(Workspace).values(sealed_secret=b"sealed by another key"))
    at, body = str(int(clock.now().timestamp())), b"{}"
    keyless = hmac.new(b"", f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={keyless}"}
    bare = base64.b64encode(hmac.new(b"", body, hashlib.sha256).digest()).decode()
    answers = [
        chat.anyone.post("/v1/chat/slack/commands", content=body, headers=signed),
        chat.send_discord(body),
        chat.send_teams(body, f"HMAC {bare}"),
        chat.send_telegram({}, ""),
    ]
    assert [answer.status_code for answer in answers] == [401] * 4


def test_where_an_end_is_sent_is_sealed_and_shown_masked(chat: Chat) -> None:
    chat.workspace("telegram", bot_token=BOT_TOKEN)
    chat.workspace("discord")
    chat.telegram("/status")
    chat.discord("status")
    with chat.runtime.database.read() as session:
        rows = session.exec(select(Endpoint).order_by(col(Endpoint.id))).all()
    assert [(row.format, row.method, row.attempt_limit) for row in rows] == [
        ("telegram_reply", "POST", 11), ("discord_reply", "PATCH", 5),
    ]  # fmt: skip
    shown = " ".join(row.masked_url for row in rows) + str([row.sealed_url for row in rows])
    assert (BOT_TOKEN in shown, "aW50ZXJhY3Rpb24" in shown) == (False, False)
