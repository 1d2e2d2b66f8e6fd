from __future__ import annotations

import time
from collections import Counter
from typing import Any

import standardwebhooks
from sqlmodel import update

from bridge import clock, delivering, endpoints, retry, settling
from bridge.access import OPERATOR
from bridge.models import Endpoint
from tests.bridge.conftest import Owing, misbehaving, statuses
from tests.receiver import Receiver


def test_a_delivery_arrives_signed_and_is_written_down(owing: Owing, receiver: Receiver) -> None:
    made = owing.endpoint(receiver.url)
    [event] = owing.happen()
    assert delivering.deliver_due(owing.runtime) == 1
    [request] = receiver.received
    body = standardwebhooks.Webhook(made.secret or "").verify(request.body, request.headers)
    [delivery] = owing.deliveries()
    assert (body["id"], request.headers["webhook-id"], delivery.state, delivery.lease_token) == (
        event.id, event.id, "succeeded", None)  # fmt: skip
    assert statuses(owing.attempts()) == [(1, 204, "succeeded")]


def test_a_failure_is_retried_with_the_same_id_and_bytes(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [500, 204]
    owing.endpoint(receiver.url)
    owing.happen(changes={"status": ["Initializing", "Ready"]}, data={"dimension": 3, "a": {"b": 1.0}})
    delivering.deliver_due(owing.runtime)
    [waiting] = owing.deliveries()
    assert (waiting.state, 3 < (waiting.next_at - clock.now()).total_seconds() <= 5) == ("pending", True)
    assert delivering.deliver_due(owing.runtime) == 0
    owing.make_due()
    assert delivering.deliver_due(owing.runtime) == 1
    first, second = receiver.received
    assert (first.body, first.headers["webhook-id"]) == (second.body, second.headers["webhook-id"])
    assert statuses(owing.attempts()) == [(1, 500, "rejected"), (2, 204, "succeeded")]


def test_the_eleventh_failure_is_the_last(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [503]
    owing.endpoint(receiver.url)
    owing.happen()
    made = 0
    for _ in range(12):
        owing.make_due()
        made += delivering.deliver_due(owing.runtime)
    [delivery] = owing.deliveries()
    assert (made, delivery.state, delivery.finished_at is None) == (retry.MAX_ATTEMPTS, "failed", False)


def test_410_disables_the_endpoint_and_cancels_what_it_was_owed(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [410]
    made = owing.endpoint(receiver.url)
    owing = owing.with_settings(deliveries_at_once=1)
    owing.happen(3)
    assert delivering.deliver_due(owing.runtime) == 1
    endpoint = endpoints.get(owing.runtime, OPERATOR, made.endpoint.id)
    with owing.runtime.database.write() as session:
        settling.sweep(session)
    states = [delivery.state for delivery in owing.deliveries()]
    assert (endpoint.state, endpoint.reason, Counter(states)) == (
        "disabled",
        "the receiver answered 410 Gone",
        {"failed": 1, "cancelled": 2},
    )


def test_a_redirect_is_a_failure_and_is_not_followed(owing: Owing, receiver: Receiver) -> None:
    head = f"HTTP/1.1 307 Temporary Redirect\r\nlocation: {receiver.url}\r\ncontent-length: 0\r\n\r\n"
    with misbehaving(lambda connection: connection.sendall(head.encode())) as url:
        owing.endpoint(url)
        owing.happen()
        delivering.deliver_due(owing.runtime)
    assert (statuses(owing.attempts()), receiver.received) == ([(1, 307, "rejected")], [])


def test_a_dripping_receiver_is_cut_off_at_the_deadline(owing: Owing) -> None:
    def drip(connection: Any) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.05)

    with misbehaving(drip) as url:
        owing.endpoint(url)
        owing.happen()
        delivering.deliver_due(owing.with_settings(delivery_timeout_seconds=0.5).runtime)
    [attempt] = owing.attempts()
    # The loop counts whole milliseconds.
    assert (attempt.outcome, attempt.status_code, 0.499 <= attempt.duration_seconds < 1) == (
        "timeout",
        None,
        True,
    )


def test_production_calls_nothing_private(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen()
    delivering.deliver_due(owing.with_settings(env="production").runtime)
    assert ([attempt.outcome for attempt in owing.attempts()], receiver.received) == (["target_refused"], [])


def test_retry_after_moves_the_next_attempt(owing: Owing) -> None:
    answer = b"HTTP/1.1 429 Slow Down\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n"
    with misbehaving(lambda connection: connection.sendall(answer)) as url:
        owing.endpoint(url)
        owing.happen()
        delivering.deliver_due(owing.runtime)
    [delivery] = owing.deliveries()
    assert 85 < (delivery.next_at - clock.now()).total_seconds() <= 90


def test_an_event_over_the_limit_fails_clearly_and_at_once(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen(data={"text": "x" * 1024 * 1024})
    delivering.deliver_due(owing.runtime)
    [attempt] = owing.attempts()
    [delivery] = owing.deliveries()
    assert (attempt.outcome, delivery.state, receiver.received) == ("too_large", "failed", [])


def test_what_cannot_be_unsealed_waits_for_its_key(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen()
    with owing.runtime.database.write() as session:
        session.execute(update(Endpoint).values(sealed_secret=b"sealed by another key"))
    delivering.deliver_due(owing.runtime)
    [delivery] = owing.deliveries()
    assert ([attempt.outcome for attempt in owing.attempts()], delivery.state) == (["unsealable"], "pending")
