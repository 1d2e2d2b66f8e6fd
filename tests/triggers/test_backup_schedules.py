from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge import clock
from bridge.plugin import Context, Resource
from tests.scripted import ScriptedPinecone, wire_backup, wire_index, wire_schedule
from tests.triggers.conftest import lives
from triggers import backup_schedules

OPTIONS = {"indexes": ["*"]}
RUNS = ("awaited_run", "last_run", "missed_run")


def ago(minutes: float) -> str:
    return (clock.now() - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def schedule(host: str = "h", **changes: Any) -> Resource:
    body = {"index": "docs", "host": host, **wire_schedule("s-1"), **dict.fromkeys(RUNS), **changes}
    return Resource("s-1", "s-1", None, body)


def diff(before: Resource | None, after: Resource | None) -> list[tuple[str, Any, str | None]]:
    events = backup_schedules.diff(lives(*filter(None, [before])), lives(*filter(None, [after])), {})
    return [(event.type, event.changes, event.timestamp) for event in events]


def test_the_life_of_a_schedule_is_told() -> None:
    looks = [
        diff(None, schedule()),
        diff(schedule(), schedule(next_scheduled_run="2026-11-24T06:00:00Z")),
        diff(schedule(), schedule(enabled=False, frequency="weekly", next_scheduled_run=None)),
        diff(schedule(), schedule(missed_run="2026-11-23T06:00:00Z")),
        diff(schedule(), None),
    ]
    assert looks == [
        [("backup_schedule.created", None, "2026-11-22T18:14:05Z")],
        [],
        [("backup_schedule.changed", {"frequency": ["daily", "weekly"], "enabled": [True, False]}, None)],
        [("backup_schedule.missed", None, "2026-11-23T06:00:00Z")],
        [("backup_schedule.deleted", None, None)],
    ]


def seen(context: Context, backend: ScriptedPinecone, known: Resource, now: dict[str, Any]) -> dict[str, Any]:
    host = f"{backend.url}/i/docs"
    backend.answers |= {
        "/indexes": {"indexes": [wire_index("docs", host)]},
        "/indexes/docs/backup-schedules": {"data": [wire_schedule("s-1", **now)]},
    }
    before = Resource(known.key, known.life, None, {**known.body, "host": host})
    [found] = backup_schedules.snapshot(context, OPTIONS, lives(before)).resources
    return {name: found.body[name] for name in RUNS}


@pytest.mark.parametrize(
    ("minutes", "made", "expected"),
    [
        (5, None, "awaited_run"),
        (5, 4, "last_run"),
        (40, 38, "last_run"),
        (40, 24 * 60, "missed_run"),
        (40, None, "missed_run"),
    ],
)
def test_a_run_whose_time_has_come_is_awaited_found_or_missed(
    context: Context, backend: ScriptedPinecone, minutes: float, made: float | None, expected: str
) -> None:
    planned = ago(minutes)
    made_at = ago(made or 0)
    backups = [wire_backup("b-2", "Scheduled", created_at=planned)]
    if made:
        stamp = made_at.replace("-", "").replace(":", "")
        backups.append(wire_backup("b-1", "Ready", name=f"nightly-{stamp}", created_at=ago(9999)))
    backend.answers["/backup-schedules/s-1/history"] = {"data": backups}
    found = seen(context, backend, schedule(next_scheduled_run=planned), {"next_scheduled_run": ago(-60)})
    assert found == {**dict.fromkeys(RUNS), expected: planned}


def test_no_history_is_asked_for_while_no_run_is_due(context: Context, backend: ScriptedPinecone) -> None:
    planned = ago(-60)
    found = seen(context, backend, schedule(next_scheduled_run=planned), {"next_scheduled_run": planned})
    assert (found, len(backend.asked)) == (dict.fromkeys(RUNS), 2)


def test_a_run_is_judged_once_though_the_schedule_still_names_it(
    context: Context, backend: ScriptedPinecone
) -> None:
    planned = ago(40)
    known = schedule(next_scheduled_run=planned, missed_run=planned)
    found = seen(context, backend, known, {"next_scheduled_run": planned})
    assert (found["missed_run"], len(backend.asked)) == (planned, 2)


def test_a_schedule_that_is_switched_off_misses_nothing(context: Context, backend: ScriptedPinecone) -> None:
    known = schedule(next_scheduled_run=ago(40), awaited_run=ago(40))
    off = {"enabled": False, "next_scheduled_run": None}
    assert seen(context, backend, known, off) == dict.fromkeys(RUNS)
