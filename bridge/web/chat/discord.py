"""`/v1/chat/discord`: interactions: commands, and buttons that were pressed.

Discord waits 3 s for an answer; what takes longer is deferred (type 5, or 6 for a button), and a worker puts it in
the place of the message that waits. Requests are signed with Ed25519 over timestamp and body; Discord itself tries
whether a wrong signature is refused. Sources: docs.discord.com, "Receiving and Responding", "Interactions Overview".
"""

from __future__ import annotations

from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Blueprint, request

from bridge import conversing, ways, workspaces
from bridge.commands import COMMANDS
from bridge.conversing import Asked, Said
from bridge.formats import replies
from bridge.models import Workspace
from bridge.plugin import JSON
from bridge.web.chat import exchange
from bridge.web.door import Call, operation

room = Blueprint("discord", __name__)
PING: Final = 1
COMPONENT: Final = 3
"""Kinds of interactions; any other is a command."""
PONG: Final[JSON] = {"type": 1}
MESSAGE: Final = 4
DEFERRED: Final = 5
DEFERRED_UPDATE: Final = 6
UPDATE: Final = 7
"""Kinds of answers; the last two are about the message whose button was pressed."""
ROW: Final = 1
BUTTON: Final = 2
DANGER: Final = 4


@operation(room, "POST /v1/chat/discord/interactions", "public")
def take_discord_interaction(call: Call) -> JSON:
    """Take an interaction from Discord; what comes of it takes the place of the message that waits."""
    raw, known = _believed(call)
    given = exchange.parsed(raw)
    if given.get("type") == PING:
        return PONG
    names = (exchange.words(given, "guild_id"), exchange.words(given, "application_id"))
    return _said(call, raw, given, exchange.chosen(known, *names))


def _believed(call: Call) -> tuple[bytes, list[Workspace]]:
    """Return the body and whose public key verifies it. Raises BadSignature."""
    raw, at = exchange.body(), request.headers.get("X-Signature-Timestamp", "")
    exchange.refuse_old(at)
    given = request.headers.get("X-Signature-Ed25519", "")

    def fits(public_key: str) -> bool:
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key))
            key.verify(bytes.fromhex(given), at.encode() + raw)
        except (InvalidSignature, ValueError):
            return False
        return True

    return raw, workspaces.recognise(call.runtime, "discord", fits)


def _said(call: Call, raw: bytes, given: JSON, workspace: Workspace) -> JSON:
    data = exchange.at(given, "data")
    is_button = given.get("type") == COMPONENT
    text, asked_by = (
        conversing.pressed(exchange.words(data, "custom_id")) if is_button else (_text(data), None)
    )
    user = exchange.at(given, "member", "user") or exchange.at(given, "user")
    application, token = exchange.words(given, "application_id"), exchange.words(given, "token")
    asked = Asked(
        workspace=workspace,
        who=exchange.words(user, "id"),
        name=exchange.words(user, "username"),
        text=text,
        request_id=f"discord {exchange.digest(raw)}",
        way=ways.discord(call.runtime.settings, application, token),
        remote=request.remote_addr,
        asked_by=asked_by,
    )
    return _answer(conversing.converse(call.runtime, asked), is_button=is_button)


def _answer(said: Said, *, is_button: bool) -> JSON:
    if said.again:
        raise workspaces.refusal()
    if said.run is not None:
        hidden = {"data": {"flags": replies.EPHEMERAL}}
        return {"type": DEFERRED_UPDATE} if is_button else {"type": DEFERRED, **hidden}
    message = {**replies.discord(said.text), "flags": replies.EPHEMERAL}
    if said.confirm is not None:
        button = {"type": BUTTON, "style": DANGER, "label": "Delete", "custom_id": said.confirm}
        message["components"] = [{"type": ROW, "components": [button]}]
    return {"type": UPDATE if is_button else MESSAGE, "data": message}


def _text(data: Any) -> str:
    """Write a command as one would type it: its name where that is one of ours, its subcommand, its options."""
    name = exchange.words(data, "name")
    return " ".join([*([name] if name in COMMANDS else []), *_options(data)])


def _options(part: Any, depth: int = 3) -> list[str]:
    """Write what was chosen below a command: groups of subcommands, subcommands, and options with their values."""
    told: list[str] = []
    for option in exchange.items(part, "options") if depth else ():
        value = exchange.words(option, "value")
        told += [value] if value else [exchange.words(option, "name"), *_options(option, depth - 1)]
    return told
