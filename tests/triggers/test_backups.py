from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge import clock, connecting
from bridge.access import OPERATOR
from bridge.plugin import Context, Resource
from bridge.runtime import Runtime
from bridge.turns import Meter, Turns, metered
from tests.scripted import ScriptedPinecone, wire_backup, wire_schedule
from tests.triggers.conftest import lives, told
from triggers import backups


def backup(status: str, backup_id: str = "b-1", **changes: Any) -> Resource:
    return Resource(backup_id, backup_id, status, wire_backup(backup_id, status) | changes)


def test_a_backup_first_seen_ready_was_created_at_pinecones_time_and_is_ready() -> None:
    events = list(backups.diff({}, lives(backup("Ready")), {}))
    assert [(event.type, event.previous_status, event.timestamp) for event in events] == [
        ("backup.created", None, "2026-11-22T18:14:05Z"),
        ("backup.ready", None, None),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Initializing", "Ready", [("backup.ready", "b-1", "Initializing", "Ready")]),
        ("Initializing", "Failed", [("backup.failed", "b-1", "Initializing", "Failed")]),
        (
            "Initializing",
            "InitializationFailed",
            [("backup.failed", "b-1", "Initializing", "InitializationFailed")],
        ),
        ("Failed", "InitializationFailed", []),
        ("Scheduled", "Initializing", []),
    ],
)
def test_a_backup_that_came_to_an_end_is_told(old: str, new: str, expected: list[Any]) -> None:
    assert told(backups.diff(lives(backup(old)), lives(backup(new)), {})) == expected


def test_a_backup_whose_counts_changed_tells_nothing() -> None:
    assert told(backups.diff(lives(backup("Ready")), lives(backup("Ready", record_count=3)), {})) == []


def test_a_backup_that_is_gone_was_deleted() -> None:
    assert told(backups.diff(lives(backup("Ready")), {}, {})) == [("backup.deleted", "b-1", "Ready", None)]


def test_every_page_is_read_and_what_no_page_has_is_asked_for(
    context: Context, backend: ScriptedPinecone
) -> None:
    backend.answers |= {
        "/backups?limit=100": {"data": [wire_backup("b-1", "Ready")], "pagination": {"next": "2"}},
        "/backups?paginationToken=2": {"data": [wire_backup("b-2", "Ready")]},
        "/backups/b-3": wire_backup("b-3", "Initializing"),
    }
    look = backups.snapshot(context, {}, lives(backup("Ready", "b-3"), backup("Ready", "b-4")))
    assert ([(each.life, each.status) for each in look.resources], look.complete, backend.asked) == (
        [("b-1", "Ready"), ("b-2", "Ready"), ("b-3", "Initializing")],
        True,
        ["/backups?limit=100", "/backups?paginationToken=2", "/backups/b-3", "/backups/b-4"],
    )


@pytest.mark.parametrize(
    ("name", "days_old", "schedules", "expected"),
    [
        ("nightly-20261101T060000Z", 8, {"data": [wire_schedule("s-1")]}, ["Expired"]),
        ("nightly-20261101T060000Z", 6, {"data": [wire_schedule("s-1")]}, []),
        ("nightly", 8, {"data": [wire_schedule("s-1")]}, []),
        ("weekly-20261101T060000Z", 8, {"data": [wire_schedule("s-1")]}, []),
        ("nightly-20261101T060000Z", 8, 404, []),
    ],
)
def test_a_backup_that_is_gone_has_expired_when_its_schedule_kept_it_no_longer(
    context: Context,
    backend: ScriptedPinecone,
    *,
    name: str,
    days_old: int,
    schedules: Any,
    expected: list[str],
) -> None:
    made = clock.iso(clock.now() - timedelta(days=days_old))
    backend.answers |= {"/backups": {"data": []}, "/indexes/docs/backup-schedules": schedules}
    known = backup("Ready", name=name, created_at=made)
    found = backups.snapshot(context, {}, lives(known)).resources
    assert [each.status for each in found] == expected


def test_an_expired_backup_is_told_once_and_no_deletion_follows() -> None:
    expired = replace(backup("Ready"), status="Expired")
    looks = [
        told(backups.diff(lives(backup("Ready")), lives(expired), {})),
        told(backups.diff(lives(expired), {}, {})),
        told(backups.diff(lives(expired), lives(backup("Ready")), {})),
    ]
    assert looks == [[("backup.expired", "b-1", "Ready", None)], [], []]


@pytest.mark.usefixtures("context")
def test_after_a_mass_deletion_the_budget_caps_the_questions(
    runtime: Runtime, backend: ScriptedPinecone
) -> None:
    backend.answers["/backups"] = {"data": []}
    known = lives(*(backup("Ready", f"b-{number}") for number in range(50)))
    meter = Meter(limit=10)
    connection = connecting.get(runtime, OPERATOR, "scripted")
    with metered(meter):
        look = backups.snapshot(runtime.connections.context(connection, turns=Turns(meter)), {}, known)
    assert (look.resources, len(look.unsure), len(backend.asked), meter.count) == ((), 41, 10, 10)
