from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest

from bridge import clock, delivering
from tests.bridge.conftest import Owing, ids, misbehaving, statuses
from tests.receiver import Receiver, serve

TRIES = 2_000


def until(condition: Callable[[], bool]) -> None:
    for _ in range(TRIES):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it never came to be")


@contextmanager
def working(owing: Owing, count: int = 1) -> Iterator[threading.Event]:
    """Run dispatchers in threads of their own, and stop them."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=delivering.deliver, args=(owing.runtime, stop), daemon=True)
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(20)
    assert not any(thread.is_alive() for thread in threads)


def test_two_dispatchers_send_everything_once(owing: Owing) -> None:
    with ExitStack() as stack:
        receivers = [stack.enter_context(serve()) for _ in range(5)]
        for receiver in receivers:
            owing.endpoint(receiver.url)
        with working(owing, 2):
            events = [event.id for _ in range(4) for event in owing.happen(20)]
            for receiver in receivers:
                receiver.wait_for(lambda received: len(received) >= len(events))
        assert [Counter(ids(receiver)) for receiver in receivers] == [Counter(events)] * 5
    assert Counter(delivery.state for delivery in owing.deliveries()) == {"succeeded": 5 * len(events)}


def test_a_commit_wakes_a_dispatcher_at_once(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    with working(owing):
        owing.happen()
        receiver.wait_for(bool)
        took = []
        for count in range(2, 12):
            started = time.monotonic()
            owing.happen()
            receiver.wait_for(lambda received, count=count: len(received) == count)
            took.append(time.monotonic() - started)
    # Without a bell it would be half of the second between two looks.
    assert sorted(took)[5] < 0.3


def test_the_bell_of_the_same_process_wakes_a_dispatcher(owing: Owing) -> None:
    stop, wake = threading.Event(), threading.Event()
    worker = threading.Thread(target=delivering.deliver, args=(owing.runtime, stop, wake), daemon=True)
    worker.start()
    wake.set()
    until(lambda: not wake.is_set())
    stop.set()
    worker.join(10)
    assert not worker.is_alive()


def test_a_slow_endpoint_leaves_slots_for_the_others(owing: Owing, receiver: Receiver) -> None:
    gate = threading.Event()

    def slowly(connection: Any) -> None:
        gate.wait(10)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with misbehaving(slowly) as url:
        slow = owing.endpoint(url, "index.*").endpoint.id
        owing.endpoint(receiver.url, "backup.*")
        owing.happen(20)
        with working(owing.with_settings(deliveries_at_once=8)):
            until(lambda: any(delivery.state == "sending" for delivery in owing.deliveries()))
            owing.happen(5, "backup.ready")
            receiver.wait_for(lambda received: len(received) == 5)
            held = [one for one in owing.deliveries() if (one.endpoint_id, one.state) == (slow, "sending")]
            gate.set()
    assert 0 < len(held) <= 2


def test_a_stop_lets_an_attempt_under_way_finish(owing: Owing) -> None:
    began, gate = threading.Event(), threading.Event()

    def slowly(connection: Any) -> None:
        began.set()
        gate.wait(10)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with misbehaving(slowly) as url:
        owing.endpoint(url)
        owing.happen()
        with working(owing) as stop:
            assert began.wait(10)
            stop.set()
            gate.set()
    assert [delivery.state for delivery in owing.deliveries()] == ["succeeded"]


def test_a_stop_gives_back_what_does_not_finish(owing: Owing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "GRACE_SECONDS", 0.2)
    began, gate = threading.Event(), threading.Event()

    def never(_: Any) -> None:
        began.set()
        gate.wait(10)

    with misbehaving(never) as url:
        owing.endpoint(url)
        owing.happen()
        with working(owing):
            assert began.wait(10)
        gate.set()
    [delivery] = owing.deliveries()
    assert (delivery.state, delivery.lease_token, delivery.next_at <= clock.now() + timedelta(seconds=1)) == (
        "pending",
        None,
        True,
    )
    assert statuses(owing.attempts()) == [(1, None, "interrupted")]


def test_an_attempt_that_would_outlive_its_lease_is_not_begun(
    owing: Owing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivering, "LEASE_MARGIN_SECONDS", -1)
    owing.endpoint(receiver.url)
    owing.happen()
    with working(owing):
        until(lambda: len(owing.attempts()) > 0)
    assert (owing.attempts()[0].outcome, receiver.received) == ("interrupted", [])


def test_a_database_that_is_busy_for_a_while_costs_nothing(owing: Owing) -> None:
    if not owing.runtime.database.is_sqlite:
        pytest.skip("only SQLite has one writer")
    began, gate = threading.Event(), threading.Event()

    def slowly(connection: Any) -> None:
        began.set()
        gate.wait(10)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    with misbehaving(slowly) as url:
        owing.endpoint(url)
        owing.happen()
        with working(owing):
            assert began.wait(10)
            with owing.runtime.database.write():
                gate.set()
                time.sleep(1)
            until(lambda: [delivery.state for delivery in owing.deliveries()] == ["succeeded"])
    assert statuses(owing.attempts()) == [(1, 204, "succeeded")]


def test_a_bug_in_the_bridge_is_a_failed_attempt_and_no_lost_delivery(
    owing: Owing, receiver: Receiver
) -> None:
    owing.endpoint(receiver.url)
    owing.happen()
    # Nothing that the bridge itself would ever store.
    owing.change_endpoints(sealed_headers=owing.runtime.vault.seal("no JSON"))
    assert delivering.deliver_due(owing.runtime) == 1
    [delivery] = owing.deliveries()
    assert ([attempt.outcome for attempt in owing.attempts()], delivery.state) == (
        ["internal_error"],
        "pending",
    )
