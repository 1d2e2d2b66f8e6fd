"""Messages on their way: sent to receivers that are shaped like the platforms, whose answers are understood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson
import pytest
from sqlmodel import update

from bridge import clock, delivering, endpoints, errors, formats
from bridge.access import OPERATOR
from bridge.models import Endpoint
from tests.bridge.conftest import Owing, statuses
from tests.receiver import Receiver

PATHS: Final = {
    "slack": "/services/T000/B000/XXXXXXXXXXXXXXXXXXXXXXXX",
    "discord": "/api/webhooks/123456789012345678/abcdefghijklmnop",
    "teams": "/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=1&sig=abcdefgh",
    "telegram": "/bot123456:AAE-abcdefghijkl/sendMessage?chat_id=-1001234567890&message_thread_id=7",
}
DELETED: Final = '{"message": "Unknown Webhook", "code": 10015}'
LIMITED: Final = '{"message": "You are being rate limited.", "retry_after": 64.57, "global": false}'
FLOOD: Final = """{"ok": false, "error_code": 429, "description": "Too Many Requests: retry after 77",
"parameters": {"retry_after": 77}}"""
MOVED: Final = """{"ok": false, "error_code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat",
"parameters": {"migrate_to_chat_id": -100987654321}}"""
KICKED: Final = (
    '{"ok": false, "error_code": 403, "description": "Forbidden: bot was kicked from the group chat"}'
)


def url(receiver: Receiver, name: str) -> str:
    return receiver.url.removesuffix("/hook") + PATHS[name]


def sent(
    owing: Owing, receiver: Receiver, name: str, answers: Sequence[Any] = ((200, "ok"),), **more: Any
) -> Any:
    """Let an index turn Ready for an endpoint of a format; return what arrived."""
    receiver.answers = answers
    owing.endpoint(url(receiver, name), "index.*", **{"format": name, "max_per_second": None, **more})
    owing.happen(key="docs", resource_id=None, data={"name": "docs", "dimension": 1536, "metric": "cosine"})
    delivering.deliver_due(owing.runtime)
    return receiver.received[-1].json


def test_an_index_turning_ready_is_a_slack_message(owing: Owing, receiver: Receiver) -> None:
    message = sent(owing, receiver, "slack")
    [attempt], [delivery] = owing.attempts(), owing.deliveries()
    assert (message["text"], message["blocks"][1]["fields"][0]["text"], receiver.received[0].path) == (
        "Index Ready: docs", "*Status*\nReady", PATHS["slack"],
    )  # fmt: skip
    assert (attempt.outcome, attempt.error, attempt.response_excerpt, delivery.state) == (
        "succeeded", None, "ok", "succeeded",
    )  # fmt: skip


def test_discord_answers_204(owing: Owing, receiver: Receiver) -> None:
    assert sent(owing, receiver, "discord", [204])["embeds"][0]["title"] == "Index Ready\\: docs"
    assert [delivery.state for delivery in owing.deliveries()] == ["succeeded"]


def test_teams_answers_202(owing: Owing, receiver: Receiver) -> None:
    card = sent(owing, receiver, "teams", [202])["attachments"][0]["content"]
    assert card["body"][0]["inlines"][0]["text"] == "Index Ready: docs"
    assert [delivery.state for delivery in owing.deliveries()] == ["succeeded"]


def test_telegram_is_told_the_chat_and_topic_of_the_url(owing: Owing, receiver: Receiver) -> None:
    message = sent(owing, receiver, "telegram", [(200, '{"ok": true, "result": {}}')])
    assert (message["chat_id"], message["message_thread_id"], message["text"].splitlines()[0]) == (
        "-1001234567890", "7", "<b>Index Ready: docs</b>",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "answer", "error"),
    [
        ("slack", (400, "invalid_payload"), "the receiver answered 400 (invalid_payload); only 2xx is success"),
        ("slack", (404, "channel_not_found\n"), "the receiver answered 404 (channel_not_found); only 2xx is success"),
        ("discord", (400, '{"message": "Cannot send an empty message", "code": 50006}'),
         "the receiver answered 400 (Cannot send an empty message); only 2xx is success"),
        ("teams", (400, '{"error": {"code": "TriggerInputSchemaMismatch", "message": "wrong\\n shape"}}'),
         "the receiver answered 400 (wrong shape); only 2xx is success"),
        ("telegram", (400, MOVED), ("the receiver answered 400 (Bad Request: group chat was upgraded to a supergroup chat; "
         "the chat is now -100987654321); only 2xx is success")),
        ("discord", (500, "<html>"), "the receiver answered 500; only 2xx is success"),
        ("telegram", (502, '["no object"]'), "the receiver answered 502; only 2xx is success"),
    ],
)  # fmt: skip
def test_a_refusal_is_written_down_in_the_platforms_words(
    owing: Owing, receiver: Receiver, name: str, answer: tuple[int, str], error: str
) -> None:
    sent(owing, receiver, name, [answer])
    [attempt], [delivery] = owing.attempts(), owing.deliveries()
    assert (attempt.error, attempt.status_code, delivery.state) == (error, answer[0], "pending")


@pytest.mark.parametrize(("name", "body", "seconds"), [("discord", LIMITED, 64.57), ("telegram", FLOOD, 77)])
def test_a_pause_asked_for_in_the_body_is_kept_to(
    owing: Owing, receiver: Receiver, name: str, body: str, seconds: float
) -> None:
    sent(owing, receiver, name, [(429, body)])
    [delivery] = owing.deliveries()
    held = owing.stored(delivery.endpoint_id).held_until_at
    waits = [(moment - clock.now()).total_seconds() for moment in (delivery.next_at, held) if moment]
    assert [seconds - 20 < wait <= seconds for wait in waits] == [True, True]


@pytest.mark.parametrize(
    ("name", "answer", "reason"),
    [
        ("slack", (410, "channel_is_archived"), "the receiver answered 410 Gone (channel_is_archived)"),
        ("discord", (404, DELETED), "Discord answered that the webhook was deleted"),
        ("telegram", (403, KICKED), "Telegram answered: Forbidden: bot was kicked from the group chat"),
    ],
)
def test_what_is_gone_for_good_is_disabled_at_once(
    owing: Owing, receiver: Receiver, name: str, answer: tuple[int, str], reason: str
) -> None:
    sent(owing, receiver, name, [answer])
    [delivery] = owing.deliveries()
    endpoint = owing.stored(delivery.endpoint_id)
    assert (endpoint.state, endpoint.reason, delivery.state) == ("disabled", reason, "failed")


def test_another_404_of_discord_is_no_more_than_a_failure(owing: Owing, receiver: Receiver) -> None:
    sent(owing, receiver, "discord", [(404, '{"message": "Unknown Channel", "code": 10003}')])
    assert [delivery.state for delivery in owing.deliveries()] == ["pending"]


def test_the_answers_of_other_receivers_are_not_read(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [(404, DELETED)]
    owing.endpoint(receiver.url)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    [delivery] = owing.deliveries()
    assert (delivery.state, owing.attempts()[0].error) == (
        "pending", "the receiver answered 404; only 2xx is success",
    )  # fmt: skip


@pytest.mark.parametrize("name", PATHS)
def test_a_message_is_the_same_bytes_at_every_retry(owing: Owing, receiver: Receiver, name: str) -> None:
    sent(owing, receiver, name, [500, 204], template="{{ event.timestamp|pretty }} {{ event.data|json }}")
    owing.make_due()
    delivering.deliver_due(owing.runtime)
    first, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])


def test_a_template_is_sent_escaped(owing: Owing, receiver: Receiver) -> None:
    message = sent(
        owing,
        receiver,
        "slack",
        template={"title": ":tada: {{ event.key }}", "body": "*{{ event.data.x|default('<!here>') }}*"},
    )
    assert [block["text"]["text"] for block in message["blocks"]] == [":tada: docs", "*&lt;!here&gt;*"]


def test_a_template_that_fails_loses_no_event_and_is_said_in_the_attempt(
    owing: Owing, receiver: Receiver
) -> None:
    message = sent(owing, receiver, "slack", template="{{ event.data.deployment.region }}")
    [attempt], [delivery] = owing.attempts(), owing.deliveries()
    assert (message["text"], delivery.state, attempt.outcome, attempt.error) == (
        "Index Ready: docs", "succeeded", "succeeded",
        "the template failed, the built-in message was sent: line 1: there is no 'deployment' here",
    )  # fmt: skip


def test_why_the_template_failed_is_said_beside_why_the_receiver_refused(
    owing: Owing, receiver: Receiver
) -> None:
    sent(owing, receiver, "slack", [(400, "invalid_blocks")], template="{{ event.data.deployment.region }}")
    [attempt] = owing.attempts()
    assert (attempt.error or "").split("; ") == [
        "the receiver answered 400 (invalid_blocks)", "only 2xx is success",
        "the template failed, the built-in message was sent: line 1: there is no 'deployment' here",
    ]  # fmt: skip


def test_a_changed_template_is_what_the_next_attempt_says(owing: Owing, receiver: Receiver) -> None:
    sent(owing, receiver, "slack", [500, 200], template="one")
    [delivery] = owing.deliveries()
    endpoints.update(owing.runtime, OPERATOR, delivery.endpoint_id, template="two")
    owing.make_due()
    delivering.deliver_due(owing.runtime)
    assert [request.json["blocks"][1]["text"]["text"] for request in receiver.received] == ["one", "two"]


def test_a_chat_is_sent_one_message_a_second_unless_its_endpoint_says_otherwise(owing: Owing) -> None:
    made = [
        owing.endpoint(f"https://chat.example/{number}", **asked).endpoint.max_per_second
        for number, asked in enumerate(
            ({}, {"format": "slack"}, {"format": "slack", "max_per_second": 5}, {"format": "slack", "max_per_second": None})
        )
    ]  # fmt: skip
    assert made == [None, 1, 5, None]


def test_another_format_makes_another_endpoint_and_the_same_the_first(owing: Owing) -> None:
    made = [
        owing.endpoint("https://chat.example/x", format=name)
        for name in ("slack", "discord", "slack", "event")
    ]
    assert [one.new for one in made] == [True, True, False, True]


def faults(owing: Owing, **asked: Any) -> list[tuple[str, str]]:
    with pytest.raises(errors.InvalidInput) as caught:
        owing.endpoint("https://chat.example/x", **asked)
    return [(fault.pointer, fault.message) for fault in caught.value.errors]


def test_unfit_messages_are_refused_with_pointer_line_and_reason(owing: Owing) -> None:
    assert [
        faults(owing, format="carrier-pigeon"),
        faults(owing, template="x"),
        faults(owing, format="telegram"),
        faults(owing, format="slack", template="a\n{{ event.nope }}"),
        faults(owing, format="slack", template={"title": "{{ event.nope }}", "body": "{% if %}"}),
    ] == [
        [("/format", "must be event, discord, slack, teams, telegram")],
        [("/template", "the format event has none; discord, slack, teams, telegram do")],
        [("/url", "is not https://api.telegram.org/bot<token>/sendMessage?chat_id=<chat>, which the format telegram needs")],
        [("/template", "line 2: there is no 'nope' here (tried on the example of api_key.changed)")],
        [("/template/title", "line 1: there is no 'nope' here (tried on the example of api_key.changed)"),
         ("/template/body", ("line 1: Expected an expression, got 'end of statement block' (tried on the example of "
          "api_key.changed)"))],
    ]  # fmt: skip


def test_a_change_of_types_is_tried_with_the_template_that_is_there(owing: Owing) -> None:
    own = "{{ event.data.dimension }}"
    made = owing.endpoint("https://chat.example/x", "index.ready", format="slack", template=own).endpoint
    with pytest.raises(errors.InvalidInput) as caught:
        endpoints.update(owing.runtime, OPERATOR, made.id, event_types=["backup.*"])
    assert [fault.pointer for fault in caught.value.errors] == ["/template"]
    assert endpoints.get(owing.runtime, OPERATOR, made.id).event_types == ["index.ready"]
    changed = endpoints.update(owing.runtime, OPERATOR, made.id, event_types=["backup.*"], template=None)
    assert (changed.event_types, changed.template) == (["backup.*"], None)


def test_a_chat_becomes_a_webhook_again_only_without_its_template(owing: Owing) -> None:
    made = owing.endpoint("https://chat.example/x", format="slack", template={"title": "x"}).endpoint
    with pytest.raises(errors.InvalidInput):
        endpoints.update(owing.runtime, OPERATOR, made.id, format="event")
    changed = endpoints.update(owing.runtime, OPERATOR, made.id, format="event", template=None)
    assert (changed.format, changed.template) == ("event", None)


def test_a_stored_template_that_no_code_would_take_any_more_loses_nothing(
    owing: Owing, receiver: Receiver
) -> None:
    receiver.answers = [200]
    owing.endpoint(receiver.url, format="slack")
    with owing.runtime.database.write() as session:
        session.execute(update(Endpoint).values(template={"body": "{% explode %}"}))
    owing.happen()
    delivering.deliver_due(owing.runtime)
    assert statuses(owing.attempts()) == [(1, 200, "succeeded")]
    assert orjson.loads(receiver.received[0].body)["text"] == "Index Ready: docs-0"


@pytest.mark.parametrize("name", formats.PLATFORMS)
@pytest.mark.parametrize("part", ["parameters", "error", "message", "description", "code", "retry_after"])
def test_no_answer_of_a_receiver_breaks_its_reading(name: str, part: str) -> None:
    odd: list[Any] = [None, True, 0, -1, 1e300, "x", [], [1], {"x": 1}, {"retry_after": []}]
    heard = [formats.heard(name, 429, orjson.dumps({part: value}).decode()) for value in odd]
    assert {type(one.said) for one in heard} == {str}
