"""Workspaces of each platform on an index with notes, and requests signed by the platforms' own libraries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson
import pytest
from nacl.signing import SigningKey
from slack_sdk.signature import SignatureVerifier
from sqlmodel import col, select

from bridge import accepting, clock, delivering, executing
from bridge.access import OPERATOR
from bridge.models import Run
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web, open_web
from tests.receiver import Receiver

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what no database can make a difference to."""
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAMS_TOKEN = base64.b64encode(b"thirty-two bytes of a token, say").decode()
TELEGRAM_SECRET = "Wf5tYc_telegram-secret-2xK"
BOT_TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
TEAM, USER = "T0001", "U2147483697"
APPLICATION = "845027738276462632"
CHAT = -1001234567890
ALL = ["search", "ask", "status", "note", "backup", "restore", "delete"]
SCOPES = ["read", "write", "delete"]
NOTES = [
    {"_id": "n1", "text": "Pine cones open when the air is dry and close in the rain.", "source": "forest"},
    {
        "_id": "n2",
        "text": "A webhook is a message that a server sends when something happened.",
        "source": "docs",
    },
]


@dataclass
class Chat:
    """The web door with the workspaces of a test; what they ask is done by `work`."""

    web: Web
    api: httpx.Client
    anyone: httpx.Client
    receiver: Receiver
    discord_key: SigningKey

    @property
    def runtime(self) -> Runtime:
        return self.web.runtime

    def workspace(self, platform: str, **changes: Any) -> Any:
        names = {"slack": TEAM, "discord": APPLICATION, "telegram": str(CHAT)}
        secrets = {
            "slack": SIGNING_SECRET,
            "discord": self.discord_key.verify_key.encode().hex(),
            "teams": TEAMS_TOKEN,
            "telegram": TELEGRAM_SECRET,
        }
        known = {"external_id": names[platform]} if platform in names else {}
        asked = {"platform": platform, "name": platform, "secret": secrets[platform], "index": "notes", "commands": ALL, "scopes": SCOPES, **known, **changes}  # fmt: skip
        made = self.api.post("/v1/chat/workspaces", json=asked)
        assert made.status_code == 201, made.text
        return made.json()

    def work(self) -> None:
        """Do what is queued, and deliver what is owed."""
        while executing.execute_due(self.runtime, threading.Event()):
            pass
        delivering.deliver_due(self.runtime)

    def told(self) -> list[Any]:
        """What has arrived where the platform would take it."""
        return [request.json for request in self.receiver.received]

    def runs(self) -> list[Run]:
        with self.runtime.database.read() as session:
            return list(session.exec(select(Run).where(col(Run.api_key_id).startswith("chat_"))))

    # Slack

    def slack(
        self, text: str, *, path: str = "commands", retry: int | None = None, **changes: Any
    ) -> httpx.Response:
        form = {
            "token": "gIkuvaNzQIHg97ATvDxqgjtO", "team_id": TEAM, "team_domain": "example", "channel_id": "C2147483705",
            "user_id": USER, "user_name": "steve", "command": "/pinehook", "text": text,
            "response_url": self.receiver.url, "trigger_id": f"13345224609.738474920.{time.monotonic_ns()}", **changes,
        }  # fmt: skip
        return self.send_slack(urlencode(form).encode(), path=path, retry=retry)

    def send_slack(
        self, body: bytes, *, path: str = "commands", age: float = 0, retry: int | None = None, **headers: str
    ) -> httpx.Response:
        at = str(int(clock.now().timestamp() - age))
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=at, body=body)
        own = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": str(signature),
            **({"X-Slack-Retry-Num": str(retry)} if retry else {}),
        }
        return self.anyone.post(f"/v1/chat/slack/{path}", content=body, headers={**own, **headers})

    def press_slack(self, value: str, user: str = USER) -> httpx.Response:
        press = {
            "type": "block_actions", "team": {"id": TEAM, "domain": "example"}, "user": {"id": user, "username": "steve"},
            "response_url": self.receiver.url, "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
            "actions": [{"type": "button", "action_id": "confirm", "value": value, "action_ts": "1548426417.840180"}],
        }  # fmt: skip
        return self.send_slack(urlencode({"payload": orjson.dumps(press)}).encode(), path="interactions")

    # Discord

    def discord(self, *words: str, **changes: Any) -> httpx.Response:
        """A subcommand with one option: /pinehook search text: …"""
        option = [{"name": "text", "type": 3, "value": " ".join(words[1:])}] if words[1:] else []
        data = {"id": "771825006014889984", "name": "pinehook", "type": 1,
                "options": [{"name": words[0], "type": 1, "options": option}]}  # fmt: skip
        return self.send_discord(self.interaction(2, data, **changes))

    def interaction(self, kind: int, data: Any, user: str = "53908232506183680", **changes: Any) -> bytes:
        return orjson.dumps({
            "type": kind, "id": str(time.monotonic_ns()), "application_id": APPLICATION, "guild_id": "290926798626357999",
            "token": "aW50ZXJhY3Rpb246ODQ1MDI3NzM4Mjc2NDYyNjMyOnRva2Vu", "data": data, "version": 1,
            "member": {"user": {"id": user, "username": "mason"}, "permissions": "2147483647"}, **changes,
        })  # fmt: skip

    def send_discord(
        self, body: bytes, *, age: float = 0, key: SigningKey | None = None, **headers: str
    ) -> httpx.Response:
        at = str(int(clock.now().timestamp() - age))
        signature = (key or self.discord_key).sign(at.encode() + body).signature.hex()
        own = {
            "Content-Type": "application/json",
            "X-Signature-Ed25519": signature,
            "X-Signature-Timestamp": at,
        }
        return self.anyone.post("/v1/chat/discord/interactions", content=body, headers={**own, **headers})

    # Teams

    def teams(self, text: str, *, age: float = 0, **changes: Any) -> httpx.Response:
        return self.send_teams(self.activity(text, age=age, **changes))

    def activity(self, text: str, *, age: float = 0, **changes: Any) -> bytes:
        return orjson.dumps({
            "type": "message", "id": str(time.monotonic_ns()), "channelId": "msteams", "textFormat": "plain",
            "timestamp": clock.iso(clock.now() - timedelta(seconds=age)), "text": f"<at>Pinehook</at>&nbsp;{text}\n",
            "from": {"id": "29:1XJKJMvc5GBtc2JwZq0oj8tHZmzrQgFmB39ATiQWA85g", "name": "Ada",
                     "aadObjectId": "8c6f0bd0-f3a7-4b1c-8f8a-3d6f1c2b9a11"},
            "conversation": {"isGroup": True, "id": "19:253b1f341670408fb6fe51050b6e5ceb@thread.skype"}, **changes,
        })  # fmt: skip

    def send_teams(self, body: bytes, authorization: str | None = None) -> httpx.Response:
        mac = hmac.new(base64.b64decode(TEAMS_TOKEN), body, hashlib.sha256)
        own = authorization or f"HMAC {base64.b64encode(mac.digest()).decode()}"
        headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": own}
        return self.anyone.post("/v1/chat/teams", content=body, headers=headers)

    # Telegram

    def telegram(
        self, text: str, *, update: int | None = None, chat_id: int = CHAT, **changes: Any
    ) -> httpx.Response:
        message = {
            "message_id": 1365, "date": int(clock.now().timestamp()), "text": text,
            "from": {"id": 1111111, "is_bot": False, "first_name": "Test", "username": "tester"},
            "chat": {"id": chat_id, "type": "supergroup", "title": "Ours"}, **changes,
        }  # fmt: skip
        return self.send_telegram({"update_id": update or time.monotonic_ns(), "message": message})

    def press_telegram(self, data: str, user: int = 1111111) -> httpx.Response:
        message = {
            "message_id": 1366,
            "date": 1,
            "chat": {"id": CHAT, "type": "supergroup"},
            "text": "Delete …?",
        }
        query = {"id": "4382bfdwdsb323b2d9", "from": {"id": user, "is_bot": False, "username": "tester"}, "message": message, "data": data}  # fmt: skip
        return self.send_telegram({"update_id": time.monotonic_ns(), "callback_query": query})

    def send_telegram(self, update: Any, secret: str = TELEGRAM_SECRET) -> httpx.Response:
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        return self.anyone.post("/v1/chat/telegram", json=update, headers=headers)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A worker beside the web door."""
        stop = threading.Event()

        def loop() -> None:
            while not stop.is_set():
                executing.execute_due(self.runtime, stop)
                stop.wait(0.02)

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@pytest.fixture
def web(runtime: Runtime, receiver: Receiver) -> Iterator[Web]:
    """The web door, for which the platforms' addresses are the receiver's."""
    own = {
        "slack_hosts": "127.0.0.1,hooks.slack.com",
        "discord_api_url": receiver.url,
        "telegram_api_url": receiver.url,
    }
    with open_web(replace(runtime, settings=runtime.settings.model_copy(update=own))) as opened:
        yield opened


@pytest.fixture
def chat(web: Web, receiver: Receiver, pinecone_emulator: Emulator) -> Chat:
    """A chat about the index `notes`, which embeds and has two notes."""
    order = {"name": "notes", "cloud": "aws", "region": "us-east-1",
             "embed": {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}}  # fmt: skip
    accepting.accept(web.runtime, OPERATOR, "create_index", order)
    pinecone_emulator.control.advance(60)
    accepting.accept(web.runtime, OPERATOR, "upsert_records", {"index": "notes", "records": NOTES})
    return Chat(web, web.client(), web.anyone(), receiver, SigningKey(b"a seed of thirty-two bytes, say."))
