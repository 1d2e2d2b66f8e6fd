from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest
from sqlmodel import select
from standardwebhooks import Webhook

from bridge import delivering, executing, pruning
from bridge.models import Endpoint
from tests.bridge.web.conftest import Web
from tests.receiver import Receiver

LIST = "/v1/actions/list_indexes"


def call_back(web: Web, client: httpx.Client, url: str, path: str = LIST, **given: Any) -> httpx.Response:
    """Ask for an action with a callback, do it and deliver its end."""
    answer = client.post(path, json={"callback_url": url, **given})
    executing.execute_due(web.runtime, threading.Event())
    delivering.deliver_due(web.runtime)
    return answer


def test_the_end_of_a_run_is_posted_signed(web: Web, client: httpx.Client, receiver: Receiver) -> None:
    answer = call_back(web, client, receiver.url)
    [request] = receiver.received
    told = Webhook(answer.headers["Pinehook-Callback-Secret"]).verify(request.body, dict(request.headers))
    assert (answer.status_code, told["type"], told["key"], told["data"]["output"]) == (
        202, "run.succeeded", answer.json()["id"], {"indexes": []},
    )  # fmt: skip


def test_the_output_alone_is_posted_where_it_is_wanted(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    call_back(web, client, receiver.url, callback_format="output")
    assert [request.json for request in receiver.received] == [{"indexes": []}]


def test_a_failure_is_told_to_slack_as_text(web: Web, client: httpx.Client, receiver: Receiver) -> None:
    path = "/v1/actions/describe_index"
    call_back(web, client, receiver.url, path, index="nowhere", callback_format="slack")
    [message] = [request.json for request in receiver.received]
    assert (message["response_type"], message["text"][:22]) == ("ephemeral", "describe_index failed:")


def test_a_cancelled_run_is_told_too(web: Web, client: httpx.Client, receiver: Receiver) -> None:
    answer = client.post(LIST, json={"callback_url": receiver.url})
    client.post(answer.headers["Location"] + "/cancel")
    delivering.deliver_due(web.runtime)
    assert [request.json["type"] for request in receiver.received] == ["run.cancelled"]


def test_slack_is_sent_five_times_at_most_and_in_its_own_words(web: Web, client: httpx.Client) -> None:
    client.post(LIST, json={"callback_url": "https://hooks.slack.com/actions/T0/1/abcdefghijklmnopqrstuvwx"})
    with web.runtime.database.read() as session:
        row = session.exec(select(Endpoint)).one()
    assert (row.format, row.attempt_limit, sum(row.retry_seconds or []) < 1800, row.masked_url) == (
        "slack", 5, True, "https://hooks.slack.com/…uvwx",
    )  # fmt: skip


def test_an_endpoint_of_one_answer_is_nobody_elses_and_goes_when_it_was_given(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    call_back(web, client, receiver.url)
    client.post("/v1/event-types/index.ready/simulate", json={})
    delivering.deliver_due(web.runtime)
    pruning.prune(web.runtime)
    with web.runtime.database.read() as session:
        row = session.exec(select(Endpoint)).one()
    assert (len(receiver.received), client.get("/v1/endpoints").json()["data"], row.state, row.sealed_url) == (
        1, [], "removed", b"",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        ({"callback_url": "http://169.254.169.254/latest"}, "/callback_url"),
        ({"callback_url": 7}, "/callback_url"),
        ({"callback_url": "https://example.com", "callback_format": "xml"}, "/callback_format"),
        ({"callback_format": "slack"}, ""),
    ],
)
def test_a_callback_that_cannot_be_is_refused(
    client: httpx.Client, problem: Any, given: Any, pointer: str
) -> None:
    assert problem(client.post(LIST, json=given)) == (422, "invalid_input", pointer)
