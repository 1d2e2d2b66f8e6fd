"""`/v1/chat/slack`: slash commands, and buttons that were pressed.

Slack waits 3 s for an answer; what takes longer is posted to the request's response_url by a worker. The signature
is over the raw bytes, and judged before they are read as a form. Sources: docs.slack.dev, "Verifying requests from
Slack", "Implementing slash commands", "Handling user interaction".
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final
from urllib.parse import parse_qsl

from flask import Blueprint, request

from bridge import conversing, ways, workspaces
from bridge.conversing import Asked, Said
from bridge.formats import replies
from bridge.models import Workspace
from bridge.plugin import JSON
from bridge.web.chat import exchange
from bridge.web.door import Answer, Call, operation

room = Blueprint("slack", __name__)
VERSION: Final = "v0"


@operation(room, "POST /v1/chat/slack/commands", "public")
def take_slack_command(call: Call) -> JSON:
    """Take a slash command from Slack; what comes of it is posted to its response_url."""
    raw, known = _believed(call)
    form = _form(raw)
    workspace = exchange.chosen(known, form.get("team_id", ""), form.get("enterprise_id", ""))
    who, name, text = (exchange.words(form, field) for field in ("user_id", "user_name", "text"))
    return _message(_said(call, raw, form, workspace, who=who, name=name, text=text))


@operation(room, "POST /v1/chat/slack/interactions", "public")
def take_slack_interaction(call: Call) -> Answer:
    """Take a button that was pressed in Slack; what comes of it is posted to its response_url."""
    raw, known = _believed(call)
    press = exchange.parsed(_form(raw).get("payload", ""))
    workspace = exchange.chosen(
        known, *(exchange.words(press, part, "id") for part in ("team", "enterprise"))
    )
    who, name = exchange.words(press, "user", "id"), exchange.words(press, "user", "username")
    for button in exchange.items(press, "actions")[:1]:
        text, asked_by = conversing.pressed(exchange.words(button, "value"))
        _said(call, raw, press, workspace, who=who, name=name, text=text, asked_by=asked_by)
    return Answer(None)


def _believed(call: Call) -> tuple[bytes, list[Workspace]]:
    """Return the body and whose secret it is signed with: HMAC-SHA256 of `v0:timestamp:body`. Raises BadSignature."""
    raw, at = exchange.body(), request.headers.get("X-Slack-Request-Timestamp", "")
    exchange.refuse_old(at)
    given = request.headers.get("X-Slack-Signature", "").encode()
    signed = f"{VERSION}:{at}:".encode() + raw

    def fits(secret: str) -> bool:
        expected = f"{VERSION}={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"
        return hmac.compare_digest(expected.encode(), given)

    return raw, workspaces.recognise(call.runtime, "slack", fits)


def _form(raw: bytes) -> dict[str, str]:
    return dict(parse_qsl(raw.decode("utf-8", "replace")))


def _said(call: Call, raw: bytes, told: JSON, workspace: Workspace, **asked: str) -> Said:
    said = conversing.converse(
        call.runtime,
        Asked(
            workspace=workspace,
            request_id=f"slack {exchange.digest(raw)}",
            way=ways.slack(call.runtime.settings, exchange.words(told, "response_url")),
            remote=request.remote_addr,
            **asked,
        ),
    )
    if said.again and "X-Slack-Retry-Num" not in request.headers:
        raise workspaces.refusal()
    return said


def _message(said: Said) -> JSON:
    message = replies.slack(said.text)
    if said.confirm is None:
        return message
    text = {"type": "mrkdwn", "text": message["text"], "verbatim": True}
    button = {
        "type": "button",
        "action_id": "confirm",
        "style": "danger",
        "text": {"type": "plain_text", "text": "Delete"},
        "value": said.confirm,
    }
    return {
        **message,
        "blocks": [{"type": "section", "text": text}, {"type": "actions", "elements": [button]}],
    }
