"""Endpoints of chats over the API: made, looked at, changed, tried, and tried out before there is one."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from bridge import delivering
from tests.bridge.web.conftest import Web
from tests.receiver import Receiver

CHAT = {"event_types": ["index.*"], "format": "slack"}


def test_a_chat_is_made_shown_and_changed(client: httpx.Client, receiver: Receiver) -> None:
    made = client.post("/v1/endpoints", json={"url": receiver.url, **CHAT, "template": "{{ event.key }}"})
    path = made.headers["Location"]
    shown = client.get(path).json()
    changed = client.patch(path, json={"template": {"title": "*{{ title }}*"}}).json()
    cleared = client.patch(path, json={"template": None, "format": "event"}).json()
    assert (made.status_code, *((one["format"], one["template"]) for one in (shown, changed, cleared))) == (
        201,
        ("slack", {"body": "{{ event.key }}"}),
        ("slack", {"title": "*{{ title }}*"}),
        ("event", None),
    )


def test_the_same_chat_again_is_the_first(client: httpx.Client, receiver: Receiver) -> None:
    codes = [
        client.post("/v1/endpoints", json={"url": receiver.url, **CHAT, **more}).status_code
        for more in ({}, {}, {"format": "discord"}, {"format": "event"}, {})
    ]
    assert codes == [201, 200, 201, 201, 200]


def test_a_test_is_sent_as_the_message_it_will_be(web: Web, client: httpx.Client, receiver: Receiver) -> None:
    receiver.answers = [(200, "ok")]
    made = client.post("/v1/endpoints", json={"url": receiver.url, **CHAT}).json()
    delivery = client.post(f"/v1/endpoints/{made['id']}/test", json={}).json()
    delivering.deliver_due(web.runtime)
    attempts = client.get(f"/v1/deliveries/{delivery['id']}").json()["attempts"]
    message = receiver.received[0].json
    footer = message["blocks"][-1]["elements"][0]["text"]
    assert (message["text"], footer.endswith("UTC · a test")) == ("Index Ready: articles", True)
    assert [(one["outcome"], one["response_excerpt"]) for one in attempts] == [("succeeded", "ok")]


def test_a_preview_writes_the_newest_that_fits_or_an_example(client: httpx.Client) -> None:
    def preview(**asked: Any) -> Any:
        answer = client.post("/v1/endpoints/preview", json={"event_types": ["index.ready"], **asked})
        assert answer.status_code == 200, answer.text
        return answer.json()["message"]

    example = preview()
    client.post("/v1/event-types/index.ready/simulate", json={"key": "docs", "data": {"name": "docs"}})
    assert (example["key"], preview()["key"]) == ("articles", "docs")
    assert preview(format="slack")["text"] == "Index Ready: docs"
    assert preview(format="discord", template="*{{ event.key }}*")["embeds"][0]["description"] == "*docs*"


UNFIT: Final[list[tuple[Any, str]]] = [
    ({"format": "carrier-pigeon"}, "/format"),
    ({"format": None}, "/format"),
    ({"format": "slack", "template": "{{ event.nope }}"}, "/template"),
    ({"format": "slack", "template": {"body": "x{{ '' .__class__ }}"}}, "/template"),
    ({"format": "slack", "template": {"title": "ok", "body": "{{ range(9) }}"}}, "/template/body"),
    ({"format": "telegram", "template": "<b>x"}, "/template"),
    ({"template": "x"}, "/template"),
]


@pytest.mark.parametrize("path", ["/v1/endpoints", "/v1/endpoints/preview"])
def test_what_no_message_can_be_is_refused_with_its_pointer(
    client: httpx.Client, problem: Any, path: str
) -> None:
    url = {"url": "https://x.example/bot1/sendMessage?chat_id=1"} if path == "/v1/endpoints" else {}
    for given, pointer in UNFIT:
        assert problem(client.post(path, json={**url, **given})) == (422, "invalid_input", pointer)


def test_what_is_no_template_at_all_is_refused(client: httpx.Client) -> None:
    for template in ({}, {"subject": "x"}, 7, "", "x" * 4097, ["x"], {"title": 7}):
        given = {"url": "https://x.example", "format": "slack", "template": template}
        answer = client.post("/v1/endpoints", json=given)
        pointers = [fault["pointer"] for fault in answer.json()["errors"]]
        assert (answer.status_code, [each.startswith("/template") for each in pointers]) == (422, [True])


def test_a_bots_url_without_a_chat_is_refused_in_words(client: httpx.Client) -> None:
    given = {"url": "https://api.telegram.org/bot1:a/sendMessage", "format": "telegram"}
    [fault] = client.post("/v1/endpoints", json=given).json()["errors"]
    assert (fault["pointer"], "sendMessage?chat_id=" in fault["message"]) == ("/url", True)


def test_a_bots_token_is_in_no_answer(client: httpx.Client) -> None:
    url = "https://api.telegram.org/bot123456:AAEsecretsecret/sendMessage?chat_id=-100123"
    made = client.post("/v1/endpoints", json={"url": url, "format": "telegram"})
    assert (made.json()["url"], "secret" in made.text.replace('"secret"', "")) == (
        "https://api.telegram.org/…0123", False,
    )  # fmt: skip
