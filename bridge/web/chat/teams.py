"""`/v1/chat/teams`: what an outgoing webhook of Microsoft Teams sends when it is mentioned.

Teams waits 5 s, and there is no later way to tell anything: what is not done by then is seen by `result`. Requests
are signed with HMAC-SHA256 over the raw body. Source: learn.microsoft.com, "Create Outgoing Webhook".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
from typing import Final

from flask import Blueprint, request

from bridge import clock, conversing, workspaces
from bridge.conversing import Asked, Said
from bridge.formats import replies
from bridge.models import Workspace
from bridge.plugin import JSON
from bridge.web.chat import exchange
from bridge.web.door import Call, operation

room = Blueprint("teams", __name__)
SCHEME: Final = "HMAC "
MENTION: Final = re.compile(r"<at[^>]*>.*?</at>", re.DOTALL)
TAG: Final = re.compile(r"<[^>]*>")


@operation(room, "POST /v1/chat/teams", "public")
def take_teams_message(call: Call) -> JSON:
    """Take a message from Microsoft Teams; the answer is told within 5 s, or how to see it later."""
    raw, workspace = _believed(call)
    given = exchange.parsed(raw)
    _refuse_late(exchange.words(given, "timestamp"))
    said = conversing.converse(call.runtime, _asked(raw, given, workspace))
    if said.again:
        raise workspaces.refusal()
    return replies.teams(exchange.ending(call.runtime, said) + _hint(said))


def _believed(call: Call) -> tuple[bytes, Workspace]:
    """Return the body and whose token it is signed with. Raises BadSignature."""
    raw = exchange.body()
    given = request.headers.get("Authorization", "").removeprefix(SCHEME).encode()

    def fits(token: str) -> bool:
        expected = base64.b64encode(hmac.digest(base64.b64decode(token), raw, hashlib.sha256))
        return hmac.compare_digest(expected, given)

    return raw, workspaces.recognise(call.runtime, "teams", fits)[0]


def _refuse_late(moment: str) -> None:
    """Raise BadSignature for a message that was written at another time; when is signed with the rest."""
    try:
        seconds = clock.parse(moment).timestamp()
    except (ValueError, OverflowError):
        raise workspaces.refusal() from None
    exchange.refuse_old(str(int(seconds)))


def _hint(said: Said) -> str:
    """Say how to confirm by hand what elsewhere has a button."""
    if said.confirm is None:
        return ""
    text, _ = conversing.pressed(said.confirm)
    return f" Write: {text} confirm {text.split()[-1]}"


def _asked(raw: bytes, given: JSON, workspace: Workspace) -> Asked:
    text = html.unescape(TAG.sub(" ", MENTION.sub(" ", exchange.words(given, "text"))))
    return Asked(
        workspace=workspace,
        who=exchange.words(given, "from", "aadObjectId") or exchange.words(given, "from", "id"),
        name=exchange.words(given, "from", "name"),
        text=text.replace("\xa0", " "),
        request_id=f"teams {exchange.digest(raw)}",
        way=None,
        remote=request.remote_addr,
    )
