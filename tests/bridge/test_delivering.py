from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bridge import clock, delivering
from bridge.db import Database
from tests.bridge.conftest import Owing, ids, misbehaving, statuses
from tests.receiver import Receiver, serve

TRIES = 2_000
BREAKDOWN = "CREATE TABLE breakdown (id TEXT REFERENCES endpoint (id) DEFERRABLE INITIALLY DEFERRED)"
BREAK_DOWN = {
    "sqlite": f"""{BREAKDOWN} ;;
        CREATE TRIGGER breaks_down AFTER UPDATE ON delivery WHEN new.state = 'sending'
        BEGIN INSERT INTO breakdown VALUES ('of none'); END""",
    "postgresql": f"""{BREAKDOWN} ;;
        CREATE FUNCTION break_down() RETURNS trigger LANGUAGE plpgsql
        AS $$ BEGIN INSERT INTO breakdown VALUES ('of none'); RETURN NULL; END $$ ;;
        CREATE TRIGGER breaks_down AFTER UPDATE ON delivery
        FOR EACH ROW WHEN (new.state = 'sending') EXECUTE FUNCTION break_down()""",
}
"""With a constraint that is judged at the commit, a claim fails when all of it has been read and written."""
REPAIR = {
    "sqlite": "DROP TRIGGER breaks_down ;; DROP TABLE breakdown",
    "postgresql": "DROP FUNCTION break_down CASCADE ;; DROP TABLE breakdown",
}


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


@contextmanager
def failing_commits(database: Database) -> Iterator[threading.Event]:
    """Have the database refuse every claim at its commit for a block; what is given is set when it has."""
    failed = threading.Event()

    def note(_: object) -> None:
        failed.set()

    event.listen(database.engine, "handle_error", note)
    _run(database, BREAK_DOWN)
    try:
        yield failed
    finally:
        _run(database, REPAIR)
        event.remove(database.engine, "handle_error", note)


def _run(database: Database, statements: dict[str, str]) -> None:
    with database.writer.begin() as connection:
        for statement in statements[database.engine.dialect.name].split(";;"):
            connection.exec_driver_sql(statement)


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


@pytest.mark.parametrize("age", [timedelta(), timedelta(minutes=1)], ids=["new endpoint", "known endpoint"])
def test_a_claim_that_failed_at_its_commit_is_made_again_by_the_same_dispatcher(
    owing: Owing, receiver: Receiver, age: timedelta
) -> None:
    owing.endpoint(receiver.url)
    owing.change_endpoints(updated_at=clock.now() - age)
    with ExitStack() as stack:
        with failing_commits(owing.runtime.database) as failed:
            stack.enter_context(working(owing))
            sent = [one.id for one in owing.happen(3)]
            assert failed.wait(20)
        # What was read by the transaction that was rolled back is of no use to those after it.
        until(lambda: {one.state for one in owing.deliveries()} == {"succeeded"})
    assert (sorted(ids(receiver)), statuses(owing.attempts())) == (sorted(sent), 3 * [(1, 204, "succeeded")])


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
