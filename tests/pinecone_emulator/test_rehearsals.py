"""The control API's harder things: dropped connections, stale reads, settings while running, states kept and loaded."""

import socket
import sqlite3
import time

import httpx
import pytest
from pinecone import Admin, Pinecone

import pinecone_emulator
from pinecone_emulator import running
from pinecone_emulator.faults import Fault
from pinecone_emulator.settings import Settings

DAY = 86_400
SCHEMA = {"fields": {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}}
NEW = {"vectors": [{"id": "new", "values": [1, 0, 0]}]}


@pytest.mark.parametrize(("drop", "stored"), [("before", False), ("after", True)])
def test_a_dropped_connection_says_nothing_whether_it_was_done_or_not(call, movies, drop, stored):
    call("POST", "/_emulator/faults", {"path": "/i/", "method": "POST", "drop": drop})
    with pytest.raises(httpx.RemoteProtocolError, match="disconnected without sending a response"):
        call("POST", f"{movies}/vectors/upsert", NEW)
    assert ("new" in fetched(call, movies)) is stored


def test_an_answer_does_not_wait_for_the_next_request_on_its_line(emulator, call):
    call("POST", "/_emulator/faults", {"path": "/models", "latency": 3})
    asked = [
        f"GET {path} HTTP/1.1\r\nHost: emulator\r\nApi-Key: {emulator.api_key}\r\n\r\n"
        for path in ("/indexes", "/models")
    ]
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=30) as line:
        began = time.monotonic()
        line.sendall("".join(asked).encode())
        first = line.recv(16 * 1024)
        waited = time.monotonic() - began
        second = line.recv(1)
    assert (first.count(b"HTTP/1.1 200 OK"), second) == (1, b"H")
    assert waited < 3


def test_an_answer_does_not_wait_for_a_request_on_another_line_either():
    with running.start(Settings(threads=1, port=0)) as emulator:
        head = f"HTTP/1.1\r\nHost: emulator\r\nApi-Key: {emulator.api_key}\r\n\r\n"
        first, slow = Fault("/indexes/first", 1, latency=0.3), Fault("/indexes/slow", 1, latency=4)
        for fault in (first, slow):
            emulator._backend.faults.add(fault)
        address = ("127.0.0.1", emulator.port)
        with (
            socket.create_connection(address, timeout=30) as line,
            socket.create_connection(address) as other,
        ):
            line.sendall(f"GET /indexes/first {head}GET /indexes/second {head}".encode())
            until = time.monotonic() + 30
            while first.count:
                assert time.monotonic() < until, "the first request is not served"
                time.sleep(0.005)
            began = time.monotonic()
            other.sendall(f"GET /indexes/slow {head}".encode())
            assert line.recv(16 * 1024).startswith(b"HTTP/1.1 404")
            assert time.monotonic() - began < 4


def fetched(call, host):
    return call("GET", f"{host}/vectors/fetch", params={"ids": ["new", "alien"]}).json()["vectors"]


def test_reads_are_stale_for_a_while_and_say_so_by_their_lsn(emulator, call, movies):
    call("POST", "/_emulator/indexes/movies/stale", {"seconds": 60})
    written = call("POST", f"{movies}/vectors/upsert", NEW)
    query = {"topK": 10, "vector": [1, 0, 0]}
    early = call("POST", f"{movies}/query", query)
    during = fetched(call, movies)
    emulator.control.advance(60)
    late, after = call("POST", f"{movies}/query", query), fetched(call, movies)
    lsn = int(written.headers["x-pinecone-request-lsn"])
    seen = [int(answer.headers["x-pinecone-max-indexed-lsn"]) for answer in (early, late)]
    assert ([len(answer.json()["matches"]) for answer in (early, late)], sorted(during), sorted(after)) == (
        [4, 5],
        ["alien"],
        ["alien", "new"],
    )
    assert seen[0] < lsn <= seen[1]
    assert call("GET", "/indexes").json()["indexes"][0]["name"] == "movies"


@pytest.mark.usefixtures("movies")
def test_an_index_that_is_read_staly_can_be_deleted(call):
    call("POST", "/_emulator/indexes/movies/stale", {"seconds": 60})
    assert (call("DELETE", "/indexes/movies").status_code, call("GET", "/indexes").json()) == (
        202,
        {"indexes": []},
    )


def test_durations_and_the_plan_change_while_running_until_the_next_reset(emulator, call):
    before = call("GET", "/_emulator/settings").json()
    changed = call("PATCH", "/_emulator/settings", {"index_seconds": 0, "plan": "Starter"}).json()
    ready = call("POST", "/indexes", {"name": "a", "schema": SCHEMA}).json()["status"]["ready"]
    refused = call("POST", "/indexes/a/backups", {}).status_code
    emulator.control.reset()
    assert (changed, ready, refused) == ({**before, "index_seconds": 0.0, "plan": "Starter"}, True, 403)
    assert call("GET", "/_emulator/settings").json() == before


@pytest.mark.parametrize(
    "body", [{"port": 1}, {"index_seconds": -1}, {"index_seconds": "1"}, {"plan": "Gold"}, {"plan": None}]
)
def test_a_setting_that_makes_no_sense_is_400(call, body):
    before = call("GET", "/_emulator/settings").json()
    assert call("PATCH", "/_emulator/settings", {"scaling_seconds": 1, **body}).status_code == 400
    assert call("GET", "/_emulator/settings").json() == before


def test_a_deleted_index_and_collection_may_be_terminating_for_a_while(emulator, caller, call):
    emulator.control.settings(terminating_seconds=30)
    spec = {"pod": {"environment": "us-east1-gcp", "pod_type": "p1.x1"}}
    host = caller("2025-10")("POST", "/indexes", {"name": "films", "dimension": 3, "spec": spec}).json()[
        "host"
    ]
    emulator.control.advance(60)
    call("POST", "/collections", {"name": "kept", "source": "films"})
    emulator.control.advance(60)
    statuses = [
        call("DELETE", path).status_code for path in ("/collections/kept", "/indexes/films", "/indexes/films")
    ]
    states = [
        call("GET", "/indexes/films").json()["status"]["state"],
        call("GET", "/collections/kept").json()["status"],
    ]
    taken = call("POST", "/indexes", {"name": "films", "schema": SCHEMA}).status_code
    unserved = call("POST", f"{host}/describe_index_stats").status_code
    emulator.control.advance(30)
    gone = [call("GET", path).status_code for path in ("/indexes/films", "/collections/kept")]
    assert (statuses, states, taken, unserved, gone) == (
        [202, 202, 202],
        ["Terminating", "Terminating"],
        409,
        503,
        [404, 404],
    )


def test_a_state_is_kept_and_loaded_with_its_time_and_its_keys(emulator, call, caller, movies, tmp_path):
    key = call("POST", "/_emulator/projects", {"name": "other"}).json()["api_key"]
    call("POST", "/indexes/movies/backups", {"name": "b"})
    before = [call("GET", path).json() for path in ("/indexes", "/backups")]
    emulator.control.advance(10 * DAY)
    kept = call("GET", "/_emulator/state")
    now = call("GET", "/_emulator/clock").json()["now"]
    emulator.control.reset()
    after_reset = call("GET", "/indexes").json()
    loaded = call("PUT", "/_emulator/state", content=kept.content)
    after_load = [call("GET", path).json() for path in ("/indexes", "/backups")]
    assert (after_reset, loaded.status_code, after_load[0]) == ({"indexes": []}, 204, before[0])
    assert (after_load[1]["data"][0]["name"], after_load[1]["data"][0]["status"]) == ("b", "Ready")
    assert call("GET", "/_emulator/clock").json()["now"][:13] == now[:13]
    assert sorted(fetched(call, movies)) == ["alien"]
    assert caller(api_key=key)("GET", "/indexes").json() == {"indexes": []}
    file = tmp_path / "state.db"
    file.write_bytes(kept.content)
    with pinecone_emulator.start() as another:
        another.control.load(file)
        headers = {"Api-Key": another.api_key, "X-Pinecone-Api-Version": "2026-07"}
        names = [
            one["name"] for one in httpx.get(f"{another.url}/indexes", headers=headers).json()["indexes"]
        ]
    assert names == ["movies"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"SQLite format 3\0 and nonsense"])
@pytest.mark.usefixtures("movies")
def test_a_file_that_is_no_state_changes_nothing(call, content):
    answer = call("PUT", "/_emulator/state", content=content)
    assert (answer.status_code, len(call("GET", "/indexes").json()["indexes"])) == (400, 1)


def test_a_database_of_something_else_changes_nothing(call, movies, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE notes (text)")
    connection.close()
    assert call("PUT", "/_emulator/state", content=path.read_bytes()).status_code == 400
    assert sorted(fetched(call, movies)) == ["alien"]


def test_a_data_directory_of_an_earlier_version_is_taken_over(tmp_path):
    with sqlite3.connect(tmp_path / "emulator.db") as connection:
        connection.executescript(
            "CREATE TABLE projects (id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at REAL NOT NULL);"
            "CREATE TABLE api_keys (id TEXT PRIMARY KEY, project_id TEXT NOT NULL, name TEXT NOT NULL,"
            " value TEXT NOT NULL UNIQUE, roles TEXT NOT NULL, created_at REAL NOT NULL);"
            "INSERT INTO projects VALUES ('p', 'development', 1.0);"
            """INSERT INTO api_keys VALUES ('k', 'p', 'development', 'pckey_old', '["ProjectEditor"]', 1.0);"""
        )
    connection.close()
    with pinecone_emulator.start(data_dir=tmp_path, api_key="pckey_old") as emulator:
        headers = {"Api-Key": "pckey_old", "X-Pinecone-Api-Version": "2026-07"}
        assert httpx.get(f"{emulator.url}/indexes", headers=headers).json() == {"indexes": []}


def test_people_keys_and_schedules_are_there_after_a_restart(tmp_path):
    with pinecone_emulator.start(data_dir=tmp_path, index_seconds=0) as emulator:
        before = everything(emulator, make=True)
    with pinecone_emulator.start(data_dir=tmp_path, index_seconds=0) as emulator:
        assert everything(emulator, make=False) == before


def everything(emulator, *, make):
    """What the admin plane and the schedules show, after making one of each if asked."""
    with (
        Admin(
            client_id=emulator.client_id,
            client_secret=emulator.client_secret,
            host=emulator.url,
            oauth_url=emulator.oauth_url,
        ) as admin,
        Pinecone(api_key=emulator.api_key, host=emulator.url) as pc,
    ):
        if make:
            member = {"resource_type": "organization", "role": "OrgMember"}
            admin.projects.create(name="other")
            admin.invites.create(email="new@example.com", role_bindings=[member])
            admin.service_accounts.create(name="ci", role_bindings=[member])
            pc.indexes.create(name="movies", schema=SCHEMA, timeout=-1)
            pc.backup_schedules.create(index_name="movies", name="n", frequency="daily", retention_days=3)
        return [
            admin.projects.list().to_dict(),
            [one.to_dict() for one in admin.invites.list()],
            [one.to_dict() for one in admin.service_accounts.list()],
            [one.to_dict() for one in admin.role_bindings.list()],
            [one.schedule_id for one in pc.backup_schedules.list(index_name="movies")],
        ]
