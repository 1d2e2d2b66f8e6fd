"""`/v1/chat/telegram`: the updates of a Telegram bot: messages, and buttons that were pressed.

An update carries the secret that the webhook was set with. With the bot's token a worker sends what comes of it;
without it the answer to the update is the only way, so that what takes long is seen by `result`. Telegram repeats
what is not answered 2xx; an update's id is remembered. Source: core.telegram.org/bots/api, "setWebhook", "Making
requests when getting updates".
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request

from bridge import conversing, ways, workspaces
from bridge.conversing import Asked, Said
from bridge.formats import replies
from bridge.models import Workspace
from bridge.plugin import JSON
from bridge.web.chat import exchange
from bridge.web.door import Call, operation

room = Blueprint("telegram", __name__)
NAMED: Final = re.compile(r"^/(\w+)@\w+")
"""In groups a command names the bot that is meant: /search@our_bot."""
NUMBER: Final = re.compile(r"[0-9]{1,19}")
NOTHING: Final[JSON] = {}


@dataclass(frozen=True, slots=True)
class Update:
    """What an update tells: where, who, what, and for whom a button was, if one was pressed."""

    request_id: str
    chat_id: str
    message_id: str
    who: str
    name: str
    text: str
    asked_by: str | None


@operation(room, "POST /v1/chat/telegram", "public")
def take_telegram_update(call: Call) -> JSON:
    """Take an update of a Telegram bot; the answer is a message, now or when a worker has it."""
    known = _believed(call)
    update = _read(exchange.parsed(exchange.body()))
    return NOTHING if update is None else _answered(call, update, known)


def _believed(call: Call) -> list[Workspace]:
    """Return the workspaces of the secret in the header. Raises BadSignature."""
    given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "").encode()
    return workspaces.recognise(
        call.runtime, "telegram", lambda secret: hmac.compare_digest(secret.encode(), given)
    )


def _answered(call: Call, update: Update, known: list[Workspace]) -> JSON:
    workspace = next((row for row in known if row.external_id == update.chat_id), None)
    if workspace is None:
        return _message(update, f"This chat, {update.chat_id}, is none that is known here.")
    said = conversing.converse(call.runtime, _asked(call, update, workspace))
    if said.run is not None and workspace.sealed_token:
        return {"method": "sendChatAction", "chat_id": update.chat_id, "action": "typing"}
    return _message(update, exchange.ending(call.runtime, said), said)


def _read(given: JSON) -> Update | None:
    """Return what an update tells, None for one that asks for nothing."""
    button = exchange.at(given, "callback_query")
    message = exchange.at(button, "message") or exchange.at(given, "message")
    user = exchange.at(button or message, "from")
    text, asked_by = exchange.words(message, "text"), None
    if button:
        text, asked_by = conversing.pressed(exchange.words(button, "data"))
    elif not text.startswith("/") and exchange.at(message, "chat", "type") != "private":
        return None
    numbers = (exchange.words(given, "update_id"), exchange.words(message, "message_id"))
    if not (text and all(NUMBER.fullmatch(number) for number in numbers)):
        return None
    return Update(
        request_id=f"telegram {numbers[0]}",
        chat_id=exchange.words(message, "chat", "id"),
        message_id=numbers[1],
        who=exchange.words(user, "id"),
        name=exchange.words(user, "username") or exchange.words(user, "first_name"),
        text=NAMED.sub(r"\1", text).removeprefix("/start"),
        asked_by=asked_by,
    )


def _asked(call: Call, update: Update, workspace: Workspace) -> Asked:
    way = None
    if workspace.sealed_token:
        token, instead = call.runtime.vault.open(workspace.sealed_token), update.asked_by is not None
        place = (update.chat_id, update.message_id)
        way = ways.telegram(call.runtime.settings, token, *place, instead=instead)
    return Asked(
        workspace=workspace,
        who=update.who,
        name=update.name,
        text=update.text,
        request_id=update.request_id,
        way=way,
        remote=request.remote_addr,
        asked_by=update.asked_by,
    )


def _message(update: Update, text: str, said: Said | None = None) -> JSON:
    """Return the call of a method that the answer to an update may be."""
    message = {**replies.telegram(text), "chat_id": update.chat_id}
    if update.asked_by is not None:
        return {"method": "editMessageText", "message_id": int(update.message_id), **message}
    if said and said.confirm:
        message["reply_markup"] = {"inline_keyboard": [[{"text": "Delete", "callback_data": said.confirm}]]}
    return {"method": "sendMessage", "reply_parameters": {"message_id": int(update.message_id)}, **message}
