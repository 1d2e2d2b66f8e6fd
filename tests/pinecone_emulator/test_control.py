"""The control API over HTTP: time, faults, fates, states, reset; and that it is off beyond loopback."""

import httpx
import pytest

import pinecone_emulator

SCHEMA = {"fields": {"_values": {"type": "dense_vector", "dimension": 3, "metric": "cosine"}}}


def test_advancing_the_clock_reaches_what_is_due(call):
    call("POST", "/indexes", {"name": "slow", "schema": SCHEMA})
    assert call("POST", "/_emulator/advance", {"seconds": 60}).json()["advanced_seconds"] == 60
    assert call("GET", "/indexes/slow").json()["status"]["state"] == "Ready"


def test_the_next_requests_under_a_path_fail_as_ordered_and_then_no_more(call):
    fault = {"path": "/indexes", "method": "GET", "status": 429, "retry_after": 7, "count": 2}
    assert call("POST", "/_emulator/faults", fault).status_code == 204
    answers = [call("GET", "/backups"), *(call("GET", "/indexes") for _ in range(3))]
    assert [(answer.status_code, answer.headers.get("retry-after")) for answer in answers] == [
        (200, None),
        (429, "7"),
        (429, "7"),
        (200, None),
    ]


def test_a_fault_that_would_do_nothing_is_refused(call):
    answer = call("POST", "/_emulator/faults", {"path": "/indexes", "staus": 429})
    assert (answer.status_code, "needs a status" in answer.json()["error"]["message"]) == (400, True)


def test_a_fault_has_the_envelope_of_its_version(caller, call):
    order = {"status": 503, "message": "busy"}
    call("POST", "/_emulator/faults", order)
    new = call("GET", "/indexes").json()
    call("POST", "/_emulator/faults", order)
    old = caller("2025-10")("GET", "/indexes").json()
    assert [body["error"]["code"] for body in (new, old)] == ["SERVICE_UNAVAILABLE", "UNAVAILABLE"]


@pytest.mark.parametrize(
    ("kind", "failed"),
    [("index", "InitializationFailed"), ("backup", "InitializationFailed"), ("restore", "Failed")],
)
def test_the_next_creation_can_fail(emulator, call, kind, failed):
    create, state = lives(emulator, call, kind)
    call("POST", "/_emulator/next", {"kind": kind, "outcome": "fail"})
    path = create()
    emulator.control.advance(60)
    assert state(path) == failed


@pytest.mark.parametrize(
    ("kind", "waiting", "done"),
    [
        ("index", "Initializing", "Ready"),
        ("backup", "Initializing", "Ready"),
        ("restore", "Pending", "Completed"),
    ],
)
def test_the_next_creation_can_be_held_and_released(emulator, call, kind, waiting, done):
    create, state = lives(emulator, call, kind)
    call("POST", "/_emulator/next", {"kind": kind, "outcome": "hold"})
    path = create()
    emulator.control.advance(10_000)
    held = state(path)
    call("POST", "/_emulator/release")
    assert (held, state(path)) == (waiting, done)


def lives(emulator, call, kind):
    """How a thing of this kind is made, giving its path, and how its state is read."""
    call.dense_index("base")

    def index():
        call("POST", "/indexes", {"name": "new", "schema": SCHEMA})
        return "/indexes/new"

    def backup():
        return f"/backups/{call('POST', '/indexes/base/backups', {}).json()['backup_id']}"

    def restore():
        call("POST", f"{ready}/create-index", {"name": "new"})
        return f"/restore-jobs/{call('GET', '/restore-jobs').json()['data'][0]['restore_job_id']}"

    ready = backup() if kind == "restore" else None
    emulator.control.advance(60)

    def state(path):
        status = call("GET", path).json()["status"]
        return status["state"] if kind == "index" else status

    return {"index": index, "backup": backup, "restore": restore}[kind], state


@pytest.mark.usefixtures("movies")
def test_a_state_can_be_forced_and_taken_back(call):
    states = []
    for forced in ("Disabled", "ScalingUp", None):
        call("POST", "/_emulator/indexes/movies/state", {"state": forced})
        states.append(call("GET", "/indexes/movies").json()["status"])
    assert states == [
        {"ready": False, "state": "Disabled"},
        {"ready": True, "state": "ScalingUp"},
        {"ready": True, "state": "Ready"},
    ]


@pytest.mark.usefixtures("movies")
def test_reset_deletes_everything_but_keys(call):
    call("POST", "/indexes/movies/backups", {})
    assert call("POST", "/_emulator/reset").status_code == 204
    bodies = [call("GET", path).json() for path in ("/indexes", "/backups", "/restore-jobs")]
    assert bodies == [{"indexes": []}, {"data": []}, {"data": []}]


@pytest.mark.usefixtures("movies")
def test_a_new_project_has_a_key_and_data_of_its_own(caller, call):
    key = call("POST", "/_emulator/projects", {"name": "other"}).json()["api_key"]
    other = caller(api_key=key)
    other.dense_index("movies")
    assert (
        len(other("GET", "/indexes").json()["indexes"]) == len(call("GET", "/indexes").json()["indexes"]) == 1
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("advance", {"seconds": -1}),
        ("advance", {"seconds": "1"}),
        ("faults", {"status": 200}),
        ("faults", {"status": 500, "count": 0}),
        ("next", {"kind": "project", "outcome": "fail"}),
        ("next", {"kind": "index", "outcome": "explode"}),
    ],
)
def test_an_order_that_makes_no_sense_is_400(call, path, body):
    assert call("POST", f"/_emulator/{path}", body).status_code == 400


def test_control_needs_a_key(caller):
    assert caller(api_key="pckey_wrong")("POST", "/_emulator/reset").status_code == 401


@pytest.mark.parametrize(
    "changes", [{"host": "0.0.0.0"}, {"host": "0.0.0.0", "control": True}, {"control": False}]
)
def test_control_is_off_beyond_loopback_and_when_switched_off(changes):
    with pinecone_emulator.start(**changes) as emulator:
        answer = httpx.post(f"{emulator.url}/_emulator/reset", headers={"Api-Key": emulator.api_key})
    assert answer.status_code == 404


def test_hosts_begin_with_the_public_url_and_always_have_a_dot():
    with pinecone_emulator.start(public_url="http://emu:5080/", index_seconds=0) as emulator:
        headers = {"Api-Key": emulator.api_key, "X-Pinecone-Api-Version": "2026-07"}
        own = f"http://127.0.0.1:{emulator.port}"
        host = httpx.post(f"{own}/indexes", json={"name": "a", "schema": SCHEMA}, headers=headers).json()[
            "host"
        ]
        stats = httpx.post(
            f"{own}{host.removeprefix('http://emu:5080')}/describe_index_stats", headers=headers
        )
    assert (host.startswith("http://emu:5080/i/a-"), host.endswith(".svc"), stats.status_code) == (
        True,
        True,
        200,
    )
