from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bridge import clock, delivering, pacing
from bridge.models import Delivery, Event, new_id
from tests.bridge.conftest import Owing, ids, misbehaving
from tests.bridge.test_delivering import working
from tests.receiver import Receiver


def test_a_cap_holds_over_all_workers(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url, max_per_second=10)
    owing.happen(60)
    with working(owing, 3):
        receiver.wait_for(bool)
        began = time.monotonic()
        receiver.wait_for(lambda received: len(received) >= 25)
        seconds = time.monotonic() - began
    # A second's worth at once, and then ten a second, however slow the machine.
    assert seconds >= 1


def test_the_cap_of_the_settings_is_for_those_without_their_own(owing: Owing, receiver: Receiver) -> None:
    usual = owing.endpoint(receiver.url, "index.*").endpoint.id
    own = owing.endpoint(receiver.url, "*", max_per_second=5).endpoint.id
    owing.happen(9)
    assert Counter(owed.endpoint.id for owed in owing.claim(100, per_second=3)) == {usual: 3, own: 5}


@pytest.mark.parametrize("rate", [1, 10])
def test_room_that_came_after_it_was_asked_for_is_not_waited_for(
    owing: Owing, receiver: Receiver, rate: int
) -> None:
    owing.endpoint(receiver.url, max_per_second=rate)
    owing.happen()
    came = clock.now() - timedelta(seconds=5)
    owing.change(next_at=came - timedelta(seconds=1))
    owing.change_endpoints(paced_until_at=came + timedelta(seconds=1 - 1 / rate))
    with owing.runtime.database.read() as session:
        pauses = [pacing.pause_seconds(session, 0, since_seconds) for since_seconds in (0, 4, 60)]
    assert pauses == [None, None, 0]


@pytest.mark.slow
def test_without_a_cap_everything_is_sent_at_once(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen(50)
    assert delivering.deliver_due(owing.runtime) == 50


@pytest.mark.slow
def test_a_dead_endpoint_with_a_long_backlog_delays_nobody(owing: Owing, receiver: Receiver) -> None:
    gate = threading.Event()

    def never(connection: Any) -> None:
        gate.wait(30)
        connection.shutdown(socket.SHUT_RDWR)

    with misbehaving(never) as url:
        dead = owing.endpoint(url, "index.*").endpoint.id
        owing.endpoint(receiver.url, "backup.*")
        [event] = owing.happen()
        rows = backlog(owing, event.id, dead, 10_000)
        with working(owing):
            while not any(one.state == "sending" for one in sample(owing)):
                time.sleep(0.01)
            took = []
            for count in range(1, 6):
                started = time.monotonic()
                owing.happen(1, "backup.ready")
                receiver.wait_for(lambda received, count=count: len(received) == count)
                took.append(time.monotonic() - started)
            gate.set()
    assert (rows, max(took) < 1) == (10_000, True)


def backlog(owing: Owing, event_id: str, endpoint_id: str, count: int) -> int:
    """Many due deliveries at once: of as many events as there is need for."""
    table = Delivery.__table__
    moment = clock.now() - timedelta(seconds=1)
    with owing.runtime.database.write() as session:
        template = session.get_one(Event, event_id).model_dump()
        names = [new_id("evt") for _ in range(count)]
        session.execute(
            Event.__table__.insert(),
            [{**template, "id": name, "dedupe_key": name, "position": None} for name in names],
        )
        session.execute(
            table.insert(),
            [Delivery(event_id=name, endpoint_id=endpoint_id, next_at=moment).model_dump() for name in names],
        )
    return count


def sample(owing: Owing) -> list[Delivery]:
    with owing.runtime.database.read() as session:
        return list(session.exec(select(Delivery).where(Delivery.state == "sending").limit(1)))


def test_in_order_a_resource_waits_for_its_earlier_event_and_others_do_not(
    owing: Owing, receiver: Receiver
) -> None:
    receiver.answers = [500, 204]
    owing.endpoint(receiver.url, ordered=True)
    one = owing.with_settings(deliveries_at_once=1)
    [first] = owing.happen(resource_id="res_1")
    [second] = owing.happen(resource_id="res_1")
    [other] = owing.happen(resource_id="res_2")
    [free] = owing.happen()
    delivering.deliver_due(one.runtime)
    assert ids(receiver) == [first.id, other.id, free.id]
    owing.make_due()
    delivering.deliver_due(one.runtime)
    delivering.deliver_due(one.runtime)
    assert ids(receiver)[3:] == [first.id, second.id]


def test_in_order_what_has_failed_for_good_lets_the_next_one_go(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [500, 204]
    owing.endpoint(receiver.url, ordered=True, retry_seconds=[])
    events = [owing.happen(resource_id="res_1")[0].id for _ in range(3)]
    delivering.deliver_due(owing.runtime)
    assert (ids(receiver), Counter(one.state for one in owing.deliveries())) == (
        events,
        {"failed": 1, "succeeded": 2},
    )


@pytest.mark.parametrize("workers", [3])
def test_in_order_many_workers_send_one_after_the_other(
    owing: Owing, receiver: Receiver, workers: int
) -> None:
    owing.endpoint(receiver.url, ordered=True)
    events = [owing.happen(resource_id=f"res_{number % 3}")[0] for number in range(30)]
    with working(owing, workers):
        received = receiver.wait_for(lambda received: len(received) >= len(events))
    arrived = [(request.json["resource"], request.json["id"]) for request in received]
    for resource in ("res_0", "res_1", "res_2"):
        mine = [event_id for name, event_id in arrived if name == resource]
        assert mine == sorted(mine)
