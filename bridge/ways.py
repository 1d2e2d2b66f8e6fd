"""The ways: where a platform takes the end of what was asked in a chat, for how long, and how often it is tried.

An address is only ever one of the platform's own: what a request says of it is held against the settings.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import orjson

from bridge import egress, errors
from bridge.config import Settings
from bridge.errors import Fault
from bridge.replying import SLACK_SECONDS, Callback

SLACK_LIFETIME_SECONDS: Final = 1_500
"""Slack takes messages to a response_url for half an hour; what is left is for further attempts."""
DISCORD_LIFETIME_SECONDS: Final = 720
"""Discord's token lives for a quarter of an hour."""
DISCORD_SECONDS: Final = (1, 5, 30, 120)
DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Way:
    """Where the end of a run is sent: a URL, the platform whose message it is, by which method, and when again.

    lifetime_seconds: how long a run may take for its end to be taken there.
    """

    url: str
    platform: str
    lifetime_seconds: int
    method: str = "POST"
    retry_seconds: tuple[int, ...] | None = None

    def callback(self, *, listed: bool) -> Callback:
        """Return it as a run's callback. listed: a search tells what it found as a list."""
        name = f"{self.platform}_{'list' if listed else 'reply'}"
        return Callback(self.url, name, self.method, self.retry_seconds)


def slack(settings: Settings, response_url: str) -> Way:
    """Return the way to a response_url. Raises InvalidInput for one that is not Slack's."""
    hosts = {egress.plain_host(host.strip()) for host in settings.slack_hosts.split(",")} - {""}
    try:
        host = urlsplit(response_url).hostname or ""
    except ValueError:
        host = ""
    if egress.plain_host(host) not in hosts:
        fault = Fault("/response_url", f"must be at one of: {', '.join(sorted(hosts))}")
        raise errors.InvalidInput("the response_url is not Slack's; nothing was done", errors=(fault,))
    egress.rules(settings).check_url(response_url, "/response_url")
    return Way(response_url, "slack", SLACK_LIFETIME_SECONDS, retry_seconds=SLACK_SECONDS)


def discord(settings: Settings, application_id: str, token: str) -> Way:
    """Return the way to the message that a deferred answer left (PATCH of @original)."""
    place = f"webhooks/{quote(application_id, safe='')}/{quote(token, safe='')}/messages/@original"
    url = f"{settings.discord_api_url.rstrip('/')}/{place}"
    return Way(url, "discord", DISCORD_LIFETIME_SECONDS, "PATCH", DISCORD_SECONDS)


def telegram(settings: Settings, bot_token: str, chat_id: str, message_id: str, *, instead: bool) -> Way:
    """Return the way to a chat, as the bot: an answer to a message, or (instead) in the place of it."""
    about = (
        {"message_id": message_id}
        if instead
        else {"reply_parameters": orjson.dumps({"message_id": int(message_id)}).decode()}
    )
    method = "editMessageText" if instead else "sendMessage"
    query = urlencode({**about, "chat_id": chat_id})
    url = f"{settings.telegram_api_url.rstrip('/')}/bot{quote(bot_token, safe=':')}/{method}?{query}"
    return Way(url, "telegram", DAY_SECONDS)
