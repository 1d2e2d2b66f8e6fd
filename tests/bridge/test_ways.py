from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from bridge import errors, ways
from bridge.config import Settings

PRODUCTION = Settings(env="production")


def test_slack_takes_five_messages_at_its_own_hosts() -> None:
    way = ways.slack(PRODUCTION, "https://hooks.slack.com/commands/T1/2/x")
    callback = way.callback(listed=True)
    assert (callback.format, callback.method, len(callback.retry_seconds or ())) == ("slack_list", "POST", 4)
    assert way.lifetime_seconds + sum((way.retry_seconds or ())[:2]) < 30 * 60
    assert ways.slack(PRODUCTION, "https://hooks.slack-gov.com/commands/T1/2/x").url.startswith(
        "https://hooks.slack-gov.com/"
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://slack.com/x",
        "https://hooks.slack.com@evil.example/x",
        "https://evil.example/hooks.slack.com",
        "https://user@hooks.slack.com/x",
        "https://hooks.slack.com:22/x",
        "http://hooks.slack.com/x",
        "https://hooks.slack.com/ x",
        "ftp://hooks.slack.com/x",
        "hooks.slack.com",
        "https://[::1",
    ],
)
def test_an_address_that_is_not_slacks_is_refused(url: str) -> None:
    with pytest.raises(errors.InvalidInput) as refused:
        ways.slack(PRODUCTION, url)
    assert [fault.pointer for fault in refused.value.errors] == ["/response_url"]


def test_discords_deferred_answer_is_replaced_while_its_token_lives() -> None:
    way = ways.discord(PRODUCTION, "1/../2", "to/ken?x")
    assert way.url == "https://discord.com/api/v10/webhooks/1%2F..%2F2/to%2Fken%3Fx/messages/@original"
    assert (way.method, way.callback(listed=False).format) == ("PATCH", "discord_reply")
    assert way.lifetime_seconds + sum(way.retry_seconds or ()) < 15 * 60


def test_telegram_is_called_as_the_bot_for_its_chat() -> None:
    sent, edited = (
        ways.telegram(PRODUCTION, "11:AA_b-c", "-100", "7", instead=instead) for instead in (False, True)
    )
    assert [urlsplit(way.url).path for way in (sent, edited)] == [
        "/bot11:AA_b-c/sendMessage",
        "/bot11:AA_b-c/editMessageText",
    ]
    assert parse_qs(urlsplit(sent.url).query) == {
        "chat_id": ["-100"],
        "reply_parameters": ['{"message_id":7}'],
    }
    assert parse_qs(urlsplit(edited.url).query) == {"chat_id": ["-100"], "message_id": ["7"]}
