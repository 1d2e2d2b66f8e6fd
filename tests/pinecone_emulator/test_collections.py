"""Collections: copies of pod-based indexes, their states, what is made from them and what is refused."""

import pytest

POD = {"environment": "us-east1-gcp", "pod_type": "p1.x1"}


@pytest.fixture
def old(caller):
    return caller("2025-10")


@pytest.fixture
def films(emulator, old):
    """The host of a ready pod-based index with two films in it."""
    return made(emulator, old, "films")


def made(emulator, old, name, **pod):
    body = {"name": name, "dimension": 3, "metric": "cosine", "spec": {"pod": {**POD, **pod}}}
    host = old("POST", "/indexes", body).json()["host"]
    emulator.control.advance(60)
    vectors = [{"id": one, "values": [1, 0, 0]} for one in ("alien", "brazil")]
    old("POST", f"{host}/vectors/upsert", {"vectors": vectors})
    return host


@pytest.fixture
def collect(call):
    def collect(name="kept", source="films"):
        return call("POST", "/collections", {"name": name, "source": source})

    return collect


@pytest.mark.usefixtures("films")
def test_a_collection_is_initializing_and_then_ready_with_its_counts(emulator, call, collect):
    answer = collect()
    emulator.control.advance(60)
    ready = call("GET", "/collections/kept").json()
    first = {"name": "kept", "status": "Initializing", "environment": "us-east1-gcp", "dimension": 3}
    assert (answer.status_code, answer.json(), ready) == (
        201,
        first,
        {**first, "status": "Ready", "size": ready["size"], "vector_count": 2},
    )
    assert call("GET", "/collections").json() == {"collections": [ready]}


def test_an_index_made_from_a_collection_has_its_records(emulator, old, films, collect):
    collect()
    emulator.control.advance(60)
    old("POST", f"{films}/vectors/delete", {"deleteAll": True})
    body = {
        "name": "again",
        "dimension": 3,
        "metric": "dotproduct",
        "spec": {"pod": {**POD, "source_collection": "kept"}},
    }
    again = old("POST", "/indexes", body).json()
    emulator.control.advance(60)
    stats = old("POST", f"{again['host']}/describe_index_stats").json()
    assert (again["spec"]["pod"]["source_collection"], stats["totalVectorCount"]) == ("kept", 2)


@pytest.mark.usefixtures("films")
@pytest.mark.parametrize(
    ("case", "status"), [((0, 3, "kept"), 412), ((60, 4, "kept"), 400), ((60, 3, "none"), 404)]
)
def test_an_index_needs_a_collection_that_is_ready_and_fits(emulator, old, collect, case, status):
    wait, dimension, source = case
    collect()
    emulator.control.advance(wait)
    pod = {**POD, "source_collection": source}
    assert (
        old("POST", "/indexes", {"name": "again", "dimension": dimension, "spec": {"pod": pod}}).status_code
        == status
    )


@pytest.mark.usefixtures("movies")
def test_serverless_indexes_have_no_collections(collect):
    answer = collect(source="movies")
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        400,
        "Bad request. Serverless indexes do not support collections.",
    )


@pytest.mark.usefixtures("films")
def test_backups_are_not_for_pods(call):
    assert call("POST", "/indexes/films/backups", {}).status_code == 400


@pytest.mark.usefixtures("films")
def test_what_cannot_be_collected_is_refused(collect):
    answers = [collect(source="none"), collect("No!"), collect(), collect()]
    assert [answer.status_code for answer in answers] == [404, 400, 201, 409]


@pytest.mark.usefixtures("films")
def test_an_index_being_collected_is_not_deleted(emulator, call, collect):
    collect()
    during = call("DELETE", "/indexes/films")
    emulator.control.advance(60)
    message = "Unable to delete an index. There are pending collections for this index: ['kept']"
    assert (during.status_code, during.json()["error"]["message"]) == (412, message)
    assert call("DELETE", "/indexes/films").status_code == 202


@pytest.mark.usefixtures("films")
def test_a_deleted_collection_is_gone(emulator, call, collect):
    collect()
    emulator.control.advance(60)
    assert [call(m, "/collections/kept").status_code for m in ("DELETE", "GET", "DELETE")] == [202, 404, 404]


@pytest.mark.usefixtures("films")
def test_the_next_collection_can_be_held_or_fail(emulator, caller, call, collect):
    for name, fate in (("a", "hold"), ("b", "fail")):
        call("POST", "/_emulator/next", {"kind": "collection", "outcome": fate})
        collect(name)
    emulator.control.advance(10_000)
    held = call("GET", "/collections/a").json()["status"]
    call("POST", "/_emulator/release")
    states = [caller(v)("GET", "/collections/b").json()["status"] for v in ("2026-07", "2025-10")]
    assert (held, call("GET", "/collections/a").json()["status"], states) == (
        "Initializing",
        "Ready",
        ["Terminated", "Terminating"],
    )
