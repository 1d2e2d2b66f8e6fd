from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from bridge import clock, delivering, endpoints, errors, events, pruning, pulling
from bridge.access import OPERATOR
from bridge.models import Attempt, Delivery, Endpoint, Event, Run
from tests.bridge.conftest import Owing, new_event
from tests.bridge.test_delivering import working
from tests.receiver import Receiver

STARTED = clock.now()


def old_id(prefix: str, number: int, days: int = 40) -> str:
    moment = int((STARTED - timedelta(days=days)).timestamp() * 1000)
    return f"{prefix}_{moment:012x}{number:020x}"


def age(owing: Owing, states: list[str], endpoint_id: str) -> None:
    """Events of long ago, one delivery each in the states given, with an attempt."""
    with owing.runtime.database.write() as session:
        found = [new_event("index.ready", n, id=old_id("evt", n)) for n in range(len(states))]
        events.store(session, found)
        for n, state in enumerate(states):
            session.add(Delivery(id=old_id("dlv", n), event_id=found[n].id, endpoint_id=endpoint_id, state=state,
                                 finished_at=clock.now()))  # fmt: skip
        session.flush()
        session.add_all(
            Attempt(id=old_id("att", n), delivery_id=old_id("dlv", n), number=1, started_at=clock.now(),
                    duration_seconds=0, outcome="rejected")
            for n in range(len(states))
        )  # fmt: skip


def left(owing: Owing) -> dict[str, int]:
    with owing.runtime.database.read() as session:
        return {
            table.__tablename__: len(session.exec(select(table)).all())
            for table in (Event, Delivery, Attempt, Run, Endpoint)
        }


def test_what_is_old_and_done_goes_and_what_is_owed_stays(owing: Owing) -> None:
    made = owing.endpoint("http://127.0.0.1:9/").endpoint.id
    age(owing, ["succeeded", "failed", "cancelled", "pending", "sending"], made)
    owing.happen(2)
    with owing.runtime.database.write() as session:
        session.add_all(
            Run(id=old_id("run", n), action="list_indexes", state=state)
            for n, state in enumerate(["succeeded", "failed", "running"])
        )
    cleared = pruning.prune(owing.runtime)
    assert cleared == {"attempt": 5, "delivery": 3, "event": 3, "run": 2}
    assert left(owing) == {"event": 4, "delivery": 4, "attempt": 0, "run": 1, "endpoint": 1}
    assert pruning.prune(owing.runtime) == {}


def test_what_is_kept_for_ever_stays(owing: Owing) -> None:
    made = owing.endpoint("http://127.0.0.1:9/").endpoint.id
    age(owing, ["succeeded"], made)
    kept = owing.with_settings(keep_events_days=0, keep_attempts_days=0, keep_runs_days=0)
    assert pruning.prune(kept.runtime) == {}


def test_who_pulls_is_told_of_what_was_cleared_away(owing: Owing) -> None:
    age(owing, ["succeeded"] * 3, owing.endpoint("http://127.0.0.1:9/").endpoint.id)
    [recent] = owing.happen()
    before = pulling.after(owing.runtime, OPERATOR, cursor="start", limit=1)
    pruning.prune(owing.runtime)
    with pytest.raises(errors.EventsPruned):
        pulling.after(owing.runtime, OPERATOR, cursor=before.cursor, limit=10)
    anew = pulling.after(owing.runtime, OPERATOR, cursor="start", limit=10)
    assert [event.id for event in anew.rows] == [recent.id]


def test_a_removed_endpoint_goes_with_its_last_delivery(owing: Owing) -> None:
    made = owing.endpoint("http://127.0.0.1:9/").endpoint.id
    age(owing, ["succeeded"], made)
    owing.happen()
    endpoints.remove(owing.runtime, OPERATOR, made)
    first = pruning.prune(owing.runtime)
    with owing.runtime.database.write() as session:
        session.delete(session.exec(select(Event).where(col(Event.id) > old_id("evt", 0, 1))).one())
    assert (first, pruning.prune(owing.runtime)) == (
        {"attempt": 1, "delivery": 1, "event": 1},
        {"endpoint": 1},
    )


def test_it_goes_in_batches_and_stops_when_told(owing: Owing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    age(owing, ["succeeded"] * 5, owing.endpoint("http://127.0.0.1:9/").endpoint.id)
    stop = threading.Event()
    stop.set()
    assert pruning.prune(owing.runtime, stop) == {}
    assert pruning.prune(owing.runtime) == {"attempt": 5, "delivery": 5, "event": 5}


@pytest.mark.slow
def test_pruning_and_removing_under_load_stop_nobody(
    owing: Owing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH", 40)
    doomed = [owing.endpoint(f"{receiver.url}/{n}", "index.*").endpoint.id for n in range(3)]
    kept = owing.endpoint(receiver.url, "backup.*").endpoint.id
    age(owing, ["succeeded"] * 300, kept)
    for _ in range(5):
        owing.happen(20)
    cleared: list[dict[str, int]] = []
    with working(owing, 2):
        pruner = threading.Thread(target=lambda: cleared.append(pruning.prune(owing.runtime)))
        pruner.start()
        for count in range(1, 7):
            owing.happen(1, "backup.ready")
            receiver.wait_for(lambda received, count=count: backups(received) == count)
            if doomed:
                endpoints.remove(owing.runtime, OPERATOR, doomed.pop())
        pruner.join(30)
    delivering.deliver_due(owing.runtime)
    states = Counter(delivery.state for delivery in owing.deliveries())
    assert cleared == [{"attempt": 300, "delivery": 300, "event": 300}]
    assert set(states) <= {"succeeded", "cancelled"}


def backups(received: list[Any]) -> int:
    return sum(request.json["type"] == "backup.ready" for request in received)
