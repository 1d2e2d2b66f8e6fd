from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge import budgeting, clock, polling, watching
from bridge.access import OPERATOR, Caller
from bridge.errors import UnknownConnection
from bridge.models import Budget, ResourceRow
from bridge.runtime import Runtime
from tests.bridge.polling.conftest import every, lease, poll, told, wait_for_watch, watch_id
from tests.scripted import ScriptedPinecone, wire_index


def indexes(backend: ScriptedPinecone, *names: str, **counts: int) -> None:
    """Serve so many indexes, each with a namespace `a` and so many records."""
    backend.answers["/indexes"] = {"indexes": [wire_index(name, f"{backend.url}/i/{name}") for name in names]}
    for name in names:
        backend.answers[f"/i/{name}/namespaces"] = {"namespaces": [{"name": "a"}]}
        spaces = {"a": {"vectorCount": counts.get(name, 0)}}
        backend.answers[f"/i/{name}/describe_index_stats"] = {"namespaces": spaces}


def test_the_calls_of_all_watches_are_counted_and_earned_again(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    budgeting.update(runtime, OPERATOR, connection_id, calls_per_minute=60)
    indexes(backend, "docs", "news")
    for kind in ("indexes", "namespaces", "record_counts"):
        poll(runtime, kind, connection_id)
    watch = watching.get(runtime, OPERATOR, watch_id(runtime, "record_counts", connection_id))
    left = budgeting.get(runtime, OPERATOR, "scripted")
    assert (watch.last_call_count, watch.call_count, left.call_count) == (3, 3, len(backend.asked))
    assert (left.calls_per_minute, left.own, 52 <= left.left <= 55) == (60, True, True)


def test_a_watch_waits_when_the_budget_is_used_up(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    budgeting.update(runtime, OPERATOR, connection_id, calls_per_minute=6)
    found = watch_id(runtime, "indexes", connection_id)
    poll(runtime, "indexes", connection_id)
    with runtime.database.write() as session:
        session.get_one(Budget, connection_id).spent_until_at = clock.now() + timedelta(seconds=90)
    postponed = polling.poll(runtime, found, lease(runtime, found))
    watch = watching.get(runtime, OPERATOR, found)
    assert (postponed.outcome, len(backend.asked), watch.failure_count, watch.last_call_count) == (
        "postponed",
        1,
        0,
        0,
    )
    wait = (watch.next_poll_at - clock.now()).total_seconds()
    assert 30 < wait < 45


def test_a_project_too_large_for_the_budget_is_seen_in_turn_and_each_index_begins_silently(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    budgeting.update(runtime, OPERATOR, connection_id, calls_per_minute=6)
    names = [f"i-{number}" for number in range(4)]
    indexes(backend, *names)
    found = watch_id(runtime, "namespaces", connection_id)
    looks = []
    for _ in range(2):
        with runtime.database.write() as session:
            if row := session.get(Budget, connection_id):
                row.spent_until_at = None
        looks.append(polling.poll(runtime, found, lease(runtime, found)))
    watch = watching.get(runtime, OPERATOR, found)
    seen = sorted(row.body["index"] for row in every(runtime, ResourceRow))
    assert ([told(look) for look in looks], seen) == ([[], []], names)
    assert (all(note["looked_at"] for note in watch.looks.values()), len(watch.looks)) == (True, 4)


def test_an_index_that_appears_later_tells_what_is_in_it(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    indexes(backend, "docs")
    poll(runtime, "namespaces", connection_id)
    indexes(backend, "docs", "news")
    assert told(poll(runtime, "namespaces", connection_id)) == [("namespace.created", "news/a")]


def test_what_is_left_over_is_looked_at_soon(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    budgeting.update(runtime, OPERATOR, connection_id, calls_per_minute=4)
    indexes(backend, *(f"i-{number}" for number in range(9)))
    found = watch_id(runtime, "namespaces", connection_id)
    watching.update(runtime, OPERATOR, found, interval_seconds=3600)
    polling.poll(runtime, found, lease(runtime, found))
    assert 25 < wait_for_watch(runtime, found) < 35


def test_watches_of_counts_each_tell_for_themselves(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    indexes(backend, "docs", docs=5)
    low, high = (
        watching.create(
            runtime, OPERATOR, connection=connection_id, trigger="record_counts", options={"thresholds": [at]}
        ).id
        for at in (10, 100)
    )
    looks = []
    for count in (5, 10, 200):
        indexes(backend, "docs", docs=count)
        looks.append([[kind for kind, _ in told(polling.poll_now(runtime, each))] for each in (low, high)])
    changed, both = ["record_count.changed"], ["record_count.changed", "record_count.threshold_crossed"]
    watching.remove(runtime, OPERATOR, high)
    rows = [row.watch_id for row in every(runtime, ResourceRow)]
    assert (looks, rows) == ([[[], []], [both, changed], [changed, both]], [low])


def test_a_flicker_of_an_index_that_is_ready_tells_nothing_and_a_lasting_change_does(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    def look(state: str) -> list[Any]:
        backend.answers["/indexes"] = {"indexes": [wire_index("docs", "http://h/docs", state)]}
        return [kind for kind, _ in told(poll(runtime, "indexes", connection_id))]

    looks = [look(state) for state in ("Ready", "Initializing", "Ready", "Initializing")]
    with runtime.database.write() as session:
        [row] = every(runtime, ResourceRow)
        session.get_one(ResourceRow, row.id).missing_since_at = clock.now() - timedelta(seconds=11)
    looks += [look(state) for state in ("Initializing", "Ready")]
    assert looks == [[], [], [], [], ["index.status_changed"], ["index.status_changed", "index.ready"]]


def test_the_budget_of_another_connection_does_not_exist_for_a_caller(
    runtime: Runtime, connection_id: str
) -> None:
    stranger = Caller("key_1", "stranger", frozenset({"read", "admin"}), frozenset({"conn_other"}))
    with pytest.raises(UnknownConnection):
        budgeting.get(runtime, stranger, connection_id)
