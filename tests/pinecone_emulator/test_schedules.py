"""Backup schedules: what they plan, make and delete as time goes by, and what is refused."""

from datetime import UTC, datetime

import pytest
from pinecone import ForbiddenError, Pinecone

import pinecone_emulator
from pinecone_emulator.schedules import next_run

DAY = 86_400


@pytest.fixture
def schedule(call, movies):  # noqa: ARG001 - the index it backs up
    def schedule(name="nightly", frequency="daily", days=3):
        when = {"type": "time-based", "frequency": frequency}
        body = {"name": name, "schedule": when, "retention": {"expire_after_days": days}}
        return call("POST", "/indexes/movies/backup-schedules", body)

    return schedule


@pytest.fixture
def history(call):
    def history(made):
        return call("GET", f"/backup-schedules/{made['schedule_id']}/history").json()["data"]

    return history


@pytest.mark.parametrize(
    ("frequency", "after", "expected"),
    [
        ("daily", "2026-04-02T18:22:56", "2026-04-03T06:00:00"),
        ("daily", "2026-04-03T06:00:00", "2026-04-04T06:00:00"),
        ("weekly", "2026-04-02T18:22:56", "2026-04-09T06:00:00"),
        ("monthly", "2026-01-31T18:22:56", "2026-02-28T06:00:00"),
        ("monthly", "2026-12-05T00:00:00", "2027-01-05T06:00:00"),
    ],
)
def test_runs_are_at_six_a_day_a_week_or_a_month_later(frequency, after, expected):
    assert seconds(expected) == next_run(frequency, seconds(after))


def seconds(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def test_a_schedule_is_answered_listed_and_described_alike(call, schedule):
    answer = schedule()
    made = answer.json()
    expected = {
        "schedule_id": made["schedule_id"],
        "name": "nightly",
        "index_id": made["index_id"],
        "project_id": made["project_id"],
        "schedule_type": "time-based",
        "frequency": "daily",
        "retention_expire_after_days": 3,
        "enabled": True,
        "next_scheduled_run": made["next_scheduled_run"],
        "created_at": made["created_at"],
    }
    assert (answer.status_code, made) == (200, expected)
    assert call("GET", "/indexes/movies/backup-schedules").json() == {"data": [made]}
    assert call("GET", f"/backup-schedules/{made['schedule_id']}").json() == made


def test_a_planned_run_is_in_the_history_and_becomes_a_backup_when_due(emulator, call, schedule, history):
    made = schedule().json()
    (planned,) = history(made)
    emulator.control.advance(2 * DAY)
    (_, *backups) = history(made)
    backup = call("GET", f"/backups/{planned['backup_id']}").json()
    assert (planned["status"], planned["scheduled_execution_at"], planned["record_count"]) == (
        "Scheduled",
        made["next_scheduled_run"],
        None,
    )
    assert backups[-1] == {**backup, "description": None}
    assert (backup["name"], backup["created_at"], backup["status"], backup["record_count"]) == (
        planned["name"],
        made["next_scheduled_run"],
        "Ready",
        4,
    )
    assert backup["name"].startswith("nightly-20")


def test_retention_deletes_what_is_too_old_and_a_shorter_one_deletes_more(emulator, call, schedule, history):
    made = schedule(days=3).json()
    counts = []
    for days in (2, 10):
        emulator.control.advance(days * DAY)
        counts.append(len(history(made)) - 1)
    call("PATCH", f"/backup-schedules/{made['schedule_id']}", {"retention": {"expire_after_days": 1}})
    assert (counts[0] in {1, 2}, counts[1], len(history(made)) - 1) == (True, 3, 1)


def test_backups_made_by_hand_do_not_expire(emulator, call, schedule):
    schedule(days=1)
    by_hand = call("POST", "/indexes/movies/backups", {}).json()["backup_id"]
    emulator.control.advance(30 * DAY)
    assert call("GET", f"/backups/{by_hand}").status_code == 200


def test_a_backup_in_restoration_outlives_its_retention_until_that_is_done(emulator, call, schedule, history):
    made = schedule(days=1).json()
    emulator.control.advance(2 * DAY)
    kept = history(made)[1]["backup_id"]
    call("POST", "/_emulator/next", {"kind": "restore", "outcome": "hold"})
    assert call("POST", f"/backups/{kept}/create-index", {"name": "again"}).status_code == 202
    statuses = []
    emulator.control.advance(3 * DAY)
    statuses.append(call("GET", f"/backups/{kept}").status_code)
    call("POST", "/_emulator/release")
    emulator.control.advance(2)
    statuses.append(call("GET", f"/backups/{kept}").status_code)
    assert statuses == [200, 404]


def test_an_index_has_one_enabled_schedule(call, schedule):
    first, second = schedule().json()["schedule_id"], schedule("other")
    message = "This index already has an enabled backup schedule. Disable or delete it first."
    assert (second.status_code, second.json()["error"]) == (
        409,
        {"code": "ALREADY_EXISTS", "message": message},
    )
    off = call("PATCH", f"/backup-schedules/{first}", {"enabled": False}).json()
    third = schedule("other").status_code
    on = call("PATCH", f"/backup-schedules/{first}", {"enabled": True}).status_code
    assert (off["enabled"], off["next_scheduled_run"], third, on) == (False, None, 200, 409)


def test_a_disabled_schedule_does_not_run_and_an_enabled_one_is_planned_from_then(
    emulator, call, schedule, history
):
    made = schedule().json()
    path = f"/backup-schedules/{made['schedule_id']}"
    call("PATCH", path, {"enabled": False})
    emulator.control.advance(5 * DAY)
    while_off = history(made)
    on = call("PATCH", path, {"enabled": True}).json()
    weekly = call("PATCH", path, {"frequency": "weekly"}).json()
    assert while_off == []
    assert on["next_scheduled_run"] > made["next_scheduled_run"]
    assert weekly["next_scheduled_run"] > on["next_scheduled_run"]


def test_a_deleted_schedule_is_gone_and_its_backups_stay(emulator, call, schedule, history):
    made = schedule().json()
    emulator.control.advance(2 * DAY)
    kept = history(made)[1]["backup_id"]
    path = f"/backup-schedules/{made['schedule_id']}"
    deleted, gone = call("DELETE", path), call("GET", path)
    emulator.control.advance(30 * DAY)
    assert (deleted.status_code, gone.json()["error"]["message"]) == (204, "Backup schedule not found.")
    assert call("GET", f"/backups/{kept}").status_code == 200


def test_a_schedule_goes_with_its_index(call, schedule):
    made = schedule().json()
    call("DELETE", "/indexes/movies")
    assert call("GET", f"/backup-schedules/{made['schedule_id']}").status_code == 404


def test_a_scheduled_run_of_an_index_that_is_not_there_yet_has_failed(emulator, call, schedule, history):
    call("POST", "/_emulator/next", {"kind": "index", "outcome": "hold"})
    call("DELETE", "/indexes/movies")
    fields = {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}
    call("POST", "/indexes", {"name": "movies", "schema": {"fields": fields}})
    made = schedule().json()
    emulator.control.advance(2 * DAY)
    assert {one["status"] for one in history(made)[1:]} == {"InitializationFailed"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"schedule": {"frequency": "hourly"}}, 400),
        ({"schedule": {"type": "lunar"}}, 400),
        ({"schedule": {"frequency": None}}, 422),
        ({"retention": {"expire_after_days": 0}}, 400),
        ({"retention": {"expire_after_days": 99_999}}, 400),
        ({"retention": {}}, 422),
        ({"name": ""}, 400),
        ({"name": None}, 422),
    ],
)
@pytest.mark.usefixtures("movies")
def test_a_schedule_that_makes_no_sense_is_refused(call, body, status):
    sound = {
        "name": "nightly",
        "schedule": {"type": "time-based", "frequency": "daily"},
        "retention": {"expire_after_days": 3},
    }
    merged = {
        key: {**value, **body.get(key, {})} if isinstance(value, dict) else value
        for key, value in sound.items()
    }
    if "retention" in body and not body["retention"]:
        merged["retention"] = {}
    if "name" in body:
        merged["name"] = body["name"]
    assert call("POST", "/indexes/movies/backup-schedules", merged).status_code == status


@pytest.mark.parametrize("version", ["2025-04", "2025-10", "2026-04"])
@pytest.mark.usefixtures("movies")
def test_there_are_no_schedules_before_2026_07(caller, version):
    assert caller(version)("GET", "/indexes/movies/backup-schedules").status_code == 404


def test_the_sdk_creates_lists_pauses_and_reads_a_schedule(emulator, movies):  # noqa: ARG001 - the index
    with Pinecone(api_key=emulator.api_key, host=emulator.url) as pc:
        made = pc.backup_schedules.create(
            index_name="movies", name="nightly", frequency="daily", retention_days=7
        )
        emulator.control.advance(2 * DAY)
        runs = [run.status for run in pc.backup_schedules.iter_history(schedule_id=made.schedule_id)]
        paused = pc.backup_schedules.update(schedule_id=made.schedule_id, enabled=False)
        listed = [one.schedule_id for one in pc.backup_schedules.list(index_name="movies")]
        pc.backup_schedules.delete(schedule_id=made.schedule_id)
    assert (runs[0], set(runs[1:]), paused.next_scheduled_run, listed) == (
        "Scheduled",
        {"Ready"},
        None,
        [made.schedule_id],
    )


def test_a_plan_without_backups_refuses_them_and_schedules():
    fields = {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}
    with (
        pinecone_emulator.start(plan="Starter", index_seconds=0) as emulator,
        Pinecone(api_key=emulator.api_key, host=emulator.url) as pc,
    ):
        pc.indexes.create(name="movies", schema={"fields": fields}, timeout=-1)
        with pytest.raises(ForbiddenError, match="does not include backups"):
            pc.backups.create(index_name="movies")
        with pytest.raises(ForbiddenError, match="not available for your plan"):
            pc.backup_schedules.create(
                index_name="movies", name="nightly", frequency="daily", retention_days=7
            )
