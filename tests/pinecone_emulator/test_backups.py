"""Backups and restore jobs: their states in time, their copies, and what is refused."""

import pytest


@pytest.fixture
def backup(call, movies):  # noqa: ARG001 - the index it backs up
    return call("POST", "/indexes/movies/backups", {"name": "b1", "description": "before"}).json()


def restore(call, backup, name="copy", **more):
    return call("POST", f"/backups/{backup['backup_id']}/create-index", {"name": name, **more})


@pytest.mark.parametrize(
    ("version", "status"), [("2025-04", 201), ("2025-10", 201), ("2026-04", 201), ("2026-07", 200)]
)
@pytest.mark.usefixtures("movies")
def test_create_backup_answers_the_status_of_its_version(caller, version, status):
    assert caller(version)("POST", "/indexes/movies/backups", {}).status_code == status


def test_a_backup_is_initializing_and_then_ready_with_its_counts(emulator, caller, backup):
    new, old = caller("2026-07"), caller("2025-10")
    emulator.control.advance(60)
    path = f"/backups/{backup['backup_id']}"
    shared = {
        "backup_id": backup["backup_id"],
        "source_index_name": "movies",
        "source_index_id": backup["source_index_id"],
        "name": "b1",
        "description": "before",
        "cloud": "aws",
        "region": "us-east-1",
        "created_at": backup["created_at"],
        "status": "Ready",
        "record_count": 4,
        "namespace_count": 1,
        "size_bytes": new("GET", path).json()["size_bytes"],
    }
    schema = {
        "fields": {
            "_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"},
            "_sparse_values": {"type": "sparse_vector"},
        }
    }
    assert backup["status"] == "Initializing"
    assert new("GET", path).json() == {**shared, "schema": schema, "tags": None}
    assert old("GET", path).json() == {**shared, "dimension": 3, "metric": "cosine", "tags": {}}


def test_a_restore_job_is_pending_and_then_completed(emulator, caller, backup):
    new, old = caller("2026-07"), caller("2025-10")
    emulator.control.advance(60)
    started = restore(new, backup)
    job = f"/restore-jobs/{started.json()['restore_job_id']}"
    pending, index = (
        [one("GET", job).json() for one in (new, old)],
        new("GET", "/indexes/copy").json()["status"],
    )
    emulator.control.advance(60)
    completed = [one("GET", job).json() for one in (new, old)]
    shared = {
        "restore_job_id": started.json()["restore_job_id"],
        "backup_id": backup["backup_id"],
        "target_index_name": "copy",
        "target_index_id": started.json()["index_id"],
        "created_at": pending[0]["created_at"],
    }
    done_at = completed[0]["completed_at"]
    assert started.status_code == 202
    assert index == {"ready": False, "state": "Initializing"}
    assert pending == [
        {**shared, "status": "Pending", "completed_at": None},
        {**shared, "status": "Pending", "percent_complete": 0.0},
    ]
    assert completed == [
        {**shared, "status": "Completed", "completed_at": done_at, "percent_complete": 100},
        {**shared, "status": "Completed", "completed_at": done_at, "percent_complete": 100.0},
    ]
    assert new("GET", "/indexes/copy").json()["status"] == {"ready": True, "state": "Ready"}


def test_a_restored_index_has_what_was_backed_up_and_not_what_came_later(emulator, call, movies, backup):
    call("POST", f"{movies}/vectors/delete", {"deleteAll": True})
    emulator.control.advance(60)
    restore(call, backup)
    emulator.control.advance(60)
    host = call("GET", "/indexes/copy").json()["host"]
    body = {"topK": 1, "vector": [1, 0, 0], "includeMetadata": True, "includeValues": True}
    assert call("POST", f"{host}/query", body).json()["matches"] == [
        {
            "score": 1.0,
            "id": "alien",
            "values": [1.0, 0.0, 0.0],
            "metadata": {"genre": "horror", "year": 1979, "tags": ["space", "cat"]},
        }
    ]


def test_a_backup_that_is_not_ready_cannot_be_restored(call, backup):
    answer = restore(call, backup)
    message = f"Backup {backup['backup_id']} is not completed"
    assert (answer.status_code, answer.json()) == (
        412,
        {"status": 412, "error": {"code": "FAILED_PRECONDITION", "message": message}},
    )


def test_a_backup_in_restoration_cannot_be_deleted_and_afterwards_can(emulator, call, backup):
    emulator.control.advance(60)
    job = restore(call, backup).json()["restore_job_id"]
    path = f"/backups/{backup['backup_id']}"
    during = call("DELETE", path)
    emulator.control.advance(60)
    after, gone = call("DELETE", path), call("GET", path)
    message = f"Unable to delete backup. There are pending restore jobs for this backup: ['{job}']"
    assert (during.status_code, during.json()["error"]["message"]) == (412, message)
    assert (after.status_code, gone.status_code) == (202, 404)


def test_restoring_to_a_taken_name_is_409(emulator, call, backup):
    emulator.control.advance(60)
    assert restore(call, backup, "movies").status_code == 409


@pytest.mark.usefixtures("movies")
def test_a_restored_index_takes_the_backups_tags_unless_others_are_given(emulator, call):
    call("PATCH", "/indexes/movies", {"tags": {"a": "1"}})
    backup = call("POST", "/indexes/movies/backups").json()
    emulator.control.advance(60)
    restore(call, backup, "one")
    restore(call, backup, "two", tags={"b": "2"}, deletion_protection="enabled")
    indexes = {index["name"]: index for index in call("GET", "/indexes").json()["indexes"]}
    assert [(indexes[name]["tags"], indexes[name]["deletion_protection"]) for name in ("one", "two")] == [
        ({"a": "1"}, "disabled"),
        ({"b": "2"}, "enabled"),
    ]


def test_backups_of_a_deleted_index_are_listed_only_when_asked_for(call, backup):
    call("DELETE", "/indexes/movies")
    plain = call("GET", "/indexes/movies/backups")
    asked = call("GET", "/indexes/movies/backups", params={"include_deleted": "true"}).json()["data"]
    project = call("GET", "/backups").json()["data"]
    assert plain.status_code == 404
    assert (
        [one["backup_id"] for one in asked] == [one["backup_id"] for one in project] == [backup["backup_id"]]
    )
    assert "source_index_deleted_at" in asked[0]


@pytest.mark.usefixtures("movies")
def test_backups_are_listed_newest_first_in_pages(call):
    made = [call("POST", "/indexes/movies/backups").json()["backup_id"] for _ in range(3)]
    first = call("GET", "/backups", params={"limit": 2}).json()
    second = call(
        "GET", "/backups", params={"limit": 2, "paginationToken": first["pagination"]["next"]}
    ).json()
    seen = [one["backup_id"] for one in [*first["data"], *second["data"]]]
    assert (seen, "pagination" in second) == (made[::-1], False)


def test_a_restore_job_whose_index_was_deleted_is_cancelled_and_left_out_of_the_list(emulator, call, backup):
    emulator.control.advance(60)
    job = restore(call, backup).json()["restore_job_id"]
    call("DELETE", "/indexes/copy")
    assert call("GET", "/restore-jobs").json() == {"data": []}
    assert call("GET", f"/restore-jobs/{job}").json()["status"] == "Cancelled"


@pytest.mark.parametrize("path", ["/backups/none", "/restore-jobs/none"])
def test_an_unknown_id_is_404(call, path):
    assert call("GET", path).status_code == 404


def test_backing_up_an_unknown_index_is_404(call):
    assert call("POST", "/indexes/none/backups", {}).json()["error"]["message"] == "Index none not found."
