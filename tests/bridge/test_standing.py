from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge import clock, delivering, endpoints, registry, settling
from bridge.access import OPERATOR
from bridge.models import Event
from tests.bridge.conftest import Owing, misbehaving, statuses
from tests.receiver import Receiver, serve

REGISTRY = registry.load()


def seconds_until(moment: Any) -> float:
    return (moment - clock.now()).total_seconds()


def types(events: list[Event]) -> list[str]:
    return [event.type for event in events]


def fail(owing: Owing, times: int) -> None:
    for _ in range(times):
        owing.make_due()
        delivering.deliver_due(owing.runtime)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_who_asks_for_less_is_sent_nothing_for_a_while_and_then_one(
    owing: Owing, receiver: Receiver, status: int
) -> None:
    receiver.answers = [status, 204]
    made = owing.endpoint(receiver.url).endpoint.id
    slow = owing.with_settings(deliveries_at_once=1)
    owing.happen(3)
    delivering.deliver_due(slow.runtime)
    held = owing.stored(made)
    assert (len(receiver.received), 8 < seconds_until(held.held_until_at) <= 10) == (1, True)
    owing.make_due()
    assert len(owing.claim()) == 1
    assert owing.claim() == []


def test_retry_after_holds_the_whole_endpoint(owing: Owing) -> None:
    answer = b"HTTP/1.1 429 Slow Down\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n"
    with misbehaving(lambda connection: connection.sendall(answer)) as url:
        made = owing.endpoint(url).endpoint.id
        owing.happen(3)
        delivering.deliver_due(owing.runtime)
    assert 85 < seconds_until(owing.stored(made).held_until_at) <= 90
    owing.change(next_at=clock.now())
    assert owing.claim() == []


def test_an_endpoint_that_fails_again_and_again_is_probed_at_doubling_distances(
    owing: Owing, receiver: Receiver
) -> None:
    receiver.answers = [500]
    made = owing.endpoint(receiver.url).endpoint.id
    owing.happen(5)
    delivering.deliver_due(owing.runtime)
    first = owing.stored(made)
    fail(owing, 1)
    second = owing.stored(made)
    assert (first.failure_count, first.trip_count, second.failure_count, second.trip_count) == (5, 1, 6, 2)
    assert [round(seconds_until(row.held_until_at), -1) for row in (first, second)] == [10, 20]
    receiver.answers = [204]
    fail(owing, 2)
    assert (owing.stored(made).trip_count, len(receiver.received), len(owing.claim())) == (
        0,
        5 + 1 + 1 + 4,
        0,
    )


def test_failing_and_recovered_are_told_once_and_to_the_others(owing: Owing, receiver: Receiver) -> None:
    with serve() as other:
        receiver.answers = [500]
        broken = owing.endpoint(receiver.url).endpoint.id
        owing.endpoint(other.url, "endpoint.*", "delivery.*")
        owing.happen()
        fail(owing, 7)
        receiver.answers = [204]
        fail(owing, 1)
        delivering.deliver_due(owing.runtime)
        heard = [request.json for request in other.received]
    assert [(event["type"], event["key"], event["status"], event["previous_status"]) for event in heard] == [
        ("endpoint.failing", broken, "failing", "active"),
        ("endpoint.recovered", broken, "active", "failing"),
    ]
    assert heard[0]["data"]["failure_count"] == 5
    assert {request.json["type"] for request in receiver.received} == {"index.ready"}


def test_what_is_told_fits_its_schema(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [500] * 6 + [204, 410]
    owing.endpoint(receiver.url, retry_seconds=[1])
    owing.happen(8)
    fail(owing.with_settings(deliveries_at_once=1), 10)
    told = owing.told()
    for event in told:
        REGISTRY.event_types[event.type].data.check(dict(event.data))
    assert set(types(told)) == {
        "endpoint.failing", "endpoint.recovered", "endpoint.disabled", "delivery.exhausted"}  # fmt: skip


def test_an_endpoint_of_one_connection_is_told_of_only_there(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [410]
    owing.endpoint(receiver.url, "index.*", connection="default")
    everywhere = owing.endpoint("http://127.0.0.1:9/", "endpoint.*").endpoint.id
    elsewhere = owing.endpoint("http://127.0.0.1:9/2", "endpoint.*").endpoint.id
    owing.change_endpoints(paced_until_at=None)
    with owing.runtime.database.write() as session:
        session.get_one(endpoints.Endpoint, elsewhere).connection_id = "conn_elsewhere"
    with owing.runtime.database.read() as session:
        here = session.get_one(endpoints.Endpoint, everywhere)
    assert here.connection_id is None
    owing.happen(connection_id=endpoints.connecting.get(owing.runtime, OPERATOR, None).id)
    delivering.deliver_due(owing.with_settings(delivery_timeout_seconds=1).runtime)
    [told] = [event for event in owing.told() if event.type == "endpoint.disabled"]
    assert [one.endpoint_id for one in owing.deliveries() if one.event_id == told.id] == [everywhere]


def test_an_exhausted_delivery_is_told_and_the_telling_of_it_is_not(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [500]
    for kind in ("index.*", "delivery.*"):
        owing.endpoint(receiver.url, kind, retry_seconds=[])
    owing.happen()
    fail(owing, 4)
    [told] = owing.told()
    [first, second] = owing.deliveries()
    assert (told.type, told.key, told.data["last_status_code"]) == ("delivery.exhausted", first.id, 500)
    assert (first.state, second.event_id, second.state) == ("failed", told.id, "failed")


def test_404_in_a_row_disables_and_anything_else_in_between_does_not(
    owing: Owing, receiver: Receiver
) -> None:
    strict = owing.with_settings(disable_after_not_found=3, client_error_attempts=0)
    receiver.answers = [404, 404, 500, 404, 404, 204, 404]
    made = owing.endpoint(receiver.url, retry_seconds=[1] * 20).endpoint.id
    owing.happen()
    fail(strict, 6)
    assert (len(receiver.received), owing.stored(made).state) == (6, "active")
    owing.happen()
    fail(strict, 3)
    row = owing.stored(made)
    assert (row.state, row.reason) == ("disabled", "the receiver answered 404 Not Found 3 times in a row")


def test_days_of_nothing_but_failure_disable_and_a_success_in_between_does_not(
    owing: Owing, receiver: Receiver
) -> None:
    made = owing.endpoint(receiver.url, retry_seconds=[1] * 30).endpoint.id
    long_ago = clock.now() - timedelta(days=6)
    for answers, state in (([500], "active"), ([204], "active"), ([500] * 5, "disabled")):
        owing.happen()
        receiver.answers = [*answers, 500]
        fail(owing, 1)
        owing.change_endpoints(failing_since_at=long_ago)
        fail(owing, len(answers) - 1)
        assert owing.stored(made).state == state
        if answers == [204]:
            owing.change_endpoints(failing_since_at=None)
    assert str(owing.stored(made).reason).startswith("nothing but failure since")


def test_an_endpoint_made_active_again_is_sent_at_once(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [410, 204]
    made = owing.endpoint(receiver.url).endpoint.id
    owing.happen()
    delivering.deliver_due(owing.runtime)
    endpoints.update(owing.runtime, OPERATOR, made, state="active")
    owing.happen()
    delivering.deliver_due(owing.runtime)
    row = owing.stored(made)
    assert (row.state, row.reason, row.failure_count, row.held_until_at) == ("active", None, 0, None)
    assert types(owing.told()) == ["endpoint.disabled", "delivery.exhausted", "endpoint.recovered"]


@pytest.mark.parametrize(("status", "attempts"), [(400, 6), (404, 6), (500, 11), (408, 11), (429, 11)])
def test_what_is_refused_is_tried_less_often(
    owing: Owing, receiver: Receiver, status: int, attempts: int
) -> None:
    receiver.answers = [status]
    owing.endpoint(receiver.url)
    owing.happen()
    fail(owing, 12)
    assert len(owing.attempts()) == attempts


def test_an_endpoints_own_schedule_is_kept_to(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [500]
    owing.endpoint(receiver.url, retry_seconds=[100, 200])
    owing.happen()
    waits = []
    for _ in range(2):
        delivering.deliver_due(owing.runtime)
        waits.append(seconds_until(owing.deliveries()[0].next_at))
        owing.make_due()
    delivering.deliver_due(owing.runtime)
    assert [79 < waits[0] <= 100, 159 < waits[1] <= 200] == [True, True]
    assert (owing.deliveries()[0].state, statuses(owing.attempts())[-1]) == ("failed", (3, 500, "rejected"))


def test_a_worker_that_dies_with_the_probe_does_not_keep_the_endpoint_waiting(
    owing: Owing, receiver: Receiver
) -> None:
    receiver.answers = [503, 204]
    owing.endpoint(receiver.url)
    owing.happen(2)
    delivering.deliver_due(owing.with_settings(deliveries_at_once=1).runtime)
    owing.make_due()
    assert (len(owing.claim()), len(owing.claim())) == (1, 0)
    owing.expire()
    owing.change_endpoints(probe_until_at=clock.now() - timedelta(seconds=1))
    with owing.runtime.database.write() as session:
        settling.sweep(session)
    assert len(owing.claim()) == 1


def test_a_delivery_lost_with_every_worker_is_told(owing: Owing) -> None:
    owing.endpoint("http://127.0.0.1:9/", retry_seconds=[1])
    owing.happen()
    for _ in range(2):
        owing.claim()
        owing.expire()
        with owing.runtime.database.write() as session:
            settling.sweep(session)
    assert ([one.state for one in owing.deliveries()], types(owing.told())) == (
        ["failed"],
        ["delivery.exhausted"],
    )
