from __future__ import annotations

from typing import Any

import pytest
from pinecone import Pinecone
from sqlalchemy import event as listening

from bridge import clock, endpoints, polling, watching
from bridge.access import OPERATOR
from bridge.models import Delivery, Event, ResourceRow
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import (
    HOST,
    LONG,
    OTHER_HOST,
    create,
    every,
    lease,
    poll,
    told,
    wait_for_watch,
    watch_id,
)
from tests.scripted import ScriptedPinecone, wire_backup, wire_index, wire_job


def test_the_first_look_is_a_silent_baseline(runtime: Runtime, pinecone: Pinecone) -> None:
    create(pinecone, "docs")
    first = poll(runtime, "indexes")
    assert (first.outcome, told(first), [row.key for row in every(runtime, ResourceRow)]) == (
        "baseline",
        [],
        ["docs"],
    )


def test_from_start_tells_at_the_first_look_what_is_there(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    create(pinecone, "docs")
    pinecone_emulator.control.advance(LONG)
    poll(runtime, "indexes")
    watch = watching.create(
        runtime, OPERATOR, connection=None, trigger="indexes", options={"from_start": True}
    )
    first, second = (polling.poll_now(runtime, watch.id) for _ in range(2))
    assert (first.outcome, told(first), told(second)) == (
        "baseline",
        [("index.created", "docs"), ("index.ready", "docs")],
        [],
    )


def test_from_start_tells_nothing_again_that_was_told_already(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    create(pinecone, "quiet")
    poll(runtime, "indexes")
    create(pinecone, "docs")
    pinecone_emulator.control.advance(LONG)
    poll(runtime, "indexes")
    pinecone.indexes.configure("docs", tags={"team": "a"})
    poll(runtime, "indexes")
    watch = watching.create(
        runtime, OPERATOR, connection=None, trigger="indexes", options={"from_start": True}
    )
    assert told(polling.poll_now(runtime, watch.id)) == [("index.created", "quiet")]


def test_an_index_that_becomes_ready_is_told_once(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    poll(runtime, "indexes")
    create(pinecone, "docs")
    looks = [told(poll(runtime, "indexes"))]
    pinecone_emulator.control.advance(LONG)
    looks += [told(poll(runtime, "indexes")) for _ in range(2)]
    assert looks == [
        [("index.created", "docs")],
        [("index.status_changed", "docs"), ("index.ready", "docs")],
        [],
    ]


def test_a_stored_event_says_everything_it_knows(runtime: Runtime, pinecone: Pinecone) -> None:
    poll(runtime, "indexes")
    create(pinecone, "docs")
    [event] = poll(runtime, "indexes").events
    [row] = every(runtime, ResourceRow)
    described = pinecone.describe_index("docs")
    found = event.model_dump(exclude={"id", "position", "data", "timestamp", "observed_at"})
    assert (found, event.data, event.timestamp) == (
        {
            "dedupe_key": f"{row.connection_id} index.created {described.host} 1",
            "type": "index.created",
            "connection_id": row.connection_id,
            "resource_id": row.id,
            "key": "docs",
            "life": described.host,
            "status": "Initializing",
            "previous_status": None,
            "changes": None,
            "test": False,
        },
        {key: value for key, value in described.to_dict().items() if key not in ("spec", "embed")},
        event.observed_at,
    )


def test_every_event_of_a_life_fits_its_schema(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    kinds = ("indexes", "backups", "restore_jobs")
    for kind in kinds:
        poll(runtime, kind)
    create(pinecone, "docs")
    pinecone_emulator.control.advance(LONG)
    backup = pinecone.backups.create(index_name="docs")
    for kind in kinds:
        poll(runtime, kind)
    pinecone_emulator.control.advance(LONG)
    pinecone.create_index_from_backup(name="restored", backup_id=backup.backup_id, timeout=-1)
    pinecone_emulator.control.advance(LONG)
    pinecone.indexes.configure("docs", tags={"team": "a"})
    for kind in kinds:
        poll(runtime, kind)
    pinecone.indexes.delete("docs", timeout=-1)
    poll(runtime, "indexes")
    events = every(runtime, Event)
    for event in events:
        runtime.registry.event_types[event.type].data.check(event.data)
    assert [event.type for event in events] == [
        "index.created",
        "index.ready",
        "backup.created",
        "index.configured",
        "index.created",
        "index.ready",
        "backup.ready",
        "restore_job.created",
        "restore_job.completed",
        "index.deleted",
    ]


def test_a_job_first_seen_completed_carries_pinecones_own_times(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    poll(runtime, "restore_jobs", connection_id)
    done = wire_job("j-1", "Completed", completed_at="2026-11-22T18:14:11Z", percent_complete=100)
    backend.answers["/restore-jobs"] = {"data": [done]}
    events = poll(runtime, "restore_jobs", connection_id).events
    assert [(event.type, clock.iso(event.timestamp)) for event in events] == [
        ("restore_job.created", "2026-11-22T18:14:05.000000Z"),
        ("restore_job.completed", "2026-11-22T18:14:11.000000Z"),
    ]


def test_an_index_recreated_between_two_looks_is_two_lives(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    create(pinecone, "docs")
    pinecone_emulator.control.advance(LONG)
    poll(runtime, "indexes")
    pinecone.indexes.delete("docs", timeout=-1)
    create(pinecone, "docs")
    pinecone_emulator.control.advance(LONG)
    again = poll(runtime, "indexes")
    rows = every(runtime, ResourceRow)
    assert (told(again), [row.deleted_at is None for row in rows], len({row.life for row in rows})) == (
        [("index.deleted", "docs"), ("index.created", "docs"), ("index.ready", "docs")],
        [False, True],
        2,
    )


def test_event_and_deliveries_come_together(runtime: Runtime, pinecone: Pinecone) -> None:
    wants = endpoints.create(runtime, OPERATOR, url="http://127.0.0.1:9/x", event_types=["index.*"]).endpoint
    endpoints.create(runtime, OPERATOR, url="http://127.0.0.1:9/y", event_types=["backup.ready"])
    poll(runtime, "indexes")
    create(pinecone, "docs")
    polled = poll(runtime, "indexes")
    [event] = polled.events
    owed = [(row.event_id, row.endpoint_id, row.state) for row in every(runtime, Delivery)]
    assert (polled.delivery_count, owed) == (1, [(event.id, wants.id, "pending")])


def test_a_look_without_news_writes_the_watch_and_the_budget_alone(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    backend.answers["/indexes"] = {"indexes": [wire_index(f"i-{n}", f"{HOST}-{n}") for n in range(200)]}
    found = watch_id(runtime, "indexes", connection_id)
    polling.poll_now(runtime, found)
    backend.asked.clear()
    written: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SELECT", "BEGIN", "WITH")):
            written.append(" ".join(statement.split()[:2]))

    token = lease(runtime, found)
    listening.listen(runtime.database.engine, "before_cursor_execute", note)
    polled = polling.poll(runtime, found, token)
    listening.remove(runtime.database.engine, "before_cursor_execute", note)
    assert (polled.events, backend.asked, written) == ([], ["/indexes"], ["UPDATE watch", "UPDATE budget"])


def test_a_watch_looks_often_while_something_is_in_transition(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    found = watch_id(runtime, "indexes", connection_id)
    watching.update(runtime, OPERATOR, found, interval_seconds=600)
    waits = []
    for state in ("Initializing", "Ready"):
        backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST, state)]}
        polling.poll_now(runtime, found)
        waits.append(wait_for_watch(runtime, found))
    assert [4 < waits[0] < 6, 530 < waits[1] < 670] == [True, True]


def test_a_watch_that_was_paused_tells_the_net_change_once(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST, "Initializing")]}
    poll(runtime, "indexes", connection_id)
    found = watch_id(runtime, "indexes", connection_id)
    watching.update(runtime, OPERATOR, found, state="paused")
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST), wire_index("news", OTHER_HOST)]}
    watching.update(runtime, OPERATOR, found, state="active")
    token = lease(runtime, found)
    assert sorted(told(polling.poll(runtime, found, token))) == [
        ("index.created", "news"),
        ("index.ready", "docs"),
        ("index.ready", "news"),
        ("index.status_changed", "docs"),
    ]


@pytest.mark.slow
def test_a_thousand_backups_are_a_baseline_and_then_nothing(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    backend.answers["/backups"] = {"data": [wire_backup(f"b-{n}", "Ready") for n in range(1200)]}
    looks = [poll(runtime, "backups", connection_id) for _ in range(2)]
    assert ([look.outcome for look in looks], every(runtime, Event), len(every(runtime, ResourceRow))) == (
        ["baseline", "polled"],
        [],
        1200,
    )
