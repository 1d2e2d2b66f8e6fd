"""What no-code platforms ask for: drop-downs, samples, a simulated event, what is known of each resource."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from bridge import delivering, polling, watching
from bridge.access import OPERATOR
from bridge.registry import ROOT
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web
from tests.receiver import Receiver

INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
EVENT_TYPES = sorted(path.stem for path in (ROOT / "schemas/events").glob("*.json"))


@pytest.fixture
def filled(client: httpx.Client, pinecone_emulator: Emulator) -> None:
    """An index with a vector in a namespace, and a backup of it."""
    client.post("/v1/actions/create_index", json=INDEX)
    pinecone_emulator.control.advance(60)
    vectors = [{"id": "a", "values": [1, 2, 3]}]
    client.post("/v1/actions/upsert_vectors", json={"index": "docs", "namespace": "eu", "vectors": vectors})
    client.post("/v1/actions/create_backup", json={"index": "docs", "name": "first"})


def names(response: httpx.Response) -> list[str]:
    return [each["name"] for each in response.json()["data"]]


@pytest.mark.usefixtures("filled")
def test_there_are_options_for_what_has_an_id_or_a_name(client: httpx.Client) -> None:
    asked = ("connections", "indexes", "namespaces?index=docs", "backups", "backups?index=docs")
    found = [names(client.get(f"/v1/options/{source}")) for source in asked]
    assert found == [["default"], ["docs"], ["eu"], ["first (docs)"], ["first (docs)"]]
    assert "multilingual-e5-large (embed)" in names(client.get("/v1/options/models"))
    types = client.get("/v1/options/event-types").json()["data"]
    assert {"id": "index.ready", "name": "Index Ready"} in types


def test_options_that_cannot_be_given_are_problems(client: httpx.Client) -> None:
    codes = [
        (answer.status_code, answer.json()["code"])
        for answer in map(
            client.get,
            (
                "/v1/options/moons",
                "/v1/options/namespaces",
                "/v1/options/namespaces?index=nope",
                "/v1/options/indexes?connection=nope",
            ),
        )
    ]
    assert codes == [
        (404, "not_found"),
        (400, "bad_request"),
        (404, "pinecone_not_found"),
        (404, "unknown_connection"),
    ]


def simulate(client: httpx.Client, name: str, **changes: Any) -> httpx.Response:
    return client.post(f"/v1/event-types/{name}/simulate", json=changes)


def test_a_simulated_event_reaches_who_wants_it_marked_as_a_test(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    client.post("/v1/endpoints", json={"url": receiver.url, "event_types": ["index.*"], "keys": ["mine"]})
    others = simulate(client, "index.ready").json()["delivery_count"]
    made = simulate(client, "index.ready", key="mine", data={"name": "mine"})
    delivering.deliver_due(web.runtime)
    [message] = receiver.received
    assert (made.status_code, others, message.json) == (201, 0, made.json()["event"])
    event = made.json()["event"]
    assert (event["test"], event["key"], event["data"]["name"], event["data"]["dimension"]) == (
        True,
        "mine",
        "mine",
        1536,
    )


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_event_type_can_be_simulated(client: httpx.Client) -> None:
    assert {simulate(client, name).status_code for name in EVENT_TYPES} == {201}


def test_what_cannot_be_simulated_is_told(client: httpx.Client) -> None:
    answers = [simulate(client, "moon.risen"), simulate(client, "index.ready", data={"name": 7})]
    assert [answer.status_code for answer in answers] == [404, 422]


def test_samples_are_the_newest_events_or_the_example(client: httpx.Client) -> None:
    path = "/v1/event-types/index.ready"
    example = client.get(path).json()["example"]
    before = client.get(f"{path}/samples").json()["data"]
    made = [simulate(client, "index.ready", key=str(number)).json()["event"] for number in range(4)]
    assert (before, client.get(f"{path}/samples").json()["data"]) == ([example], made[:0:-1])


def test_a_resource_has_a_timeline_of_what_changed(
    web: Web, client: httpx.Client, pinecone_emulator: Emulator
) -> None:
    pinecone_emulator.control.settings(index_seconds=600)
    [watch] = [row.id for row in watching.page(web.runtime, OPERATOR).rows if row.trigger == "indexes"]
    polling.poll_now(web.runtime, watch)
    client.post("/v1/actions/create_index", json=INDEX)
    polling.poll_now(web.runtime, watch)
    pinecone_emulator.control.advance(700)
    polling.poll_now(web.runtime, watch)
    [resource] = client.get("/v1/resources?trigger=indexes&key=docs&deleted=false").json()["data"]
    path = f"/v1/resources/{resource['id']}"
    told = client.get(f"{path}/timeline?limit=2").json()
    rest = client.get(f"{path}/timeline?limit=2&cursor={told['next_cursor']}").json()
    moments = [(each["event"]["type"], each["changes"]) for each in told["data"] + rest["data"]]
    status = [{"ready": False, "state": "Initializing"}, {"ready": True, "state": "Ready"}]
    assert moments == [
        ("index.ready", {}),
        ("index.status_changed", {"status": status}),
        ("index.created", None),
    ]
    assert (client.get(path).json(), resource["status"]) == (resource, "Ready")
    assert client.get("/v1/resources?deleted=true").json()["data"] == []


def test_a_resource_of_another_connection_does_not_exist(web: Web, client: httpx.Client) -> None:
    added = {"name": "other", "api_key": "k", "host": "http://127.0.0.1:9"}
    other = client.post("/v1/connections", json=added).json()["id"]
    [watch] = [row.id for row in watching.page(web.runtime, OPERATOR, connection="default").rows
               if row.trigger == "indexes"]  # fmt: skip
    client.post("/v1/actions/create_index", json=INDEX)
    polling.poll_now(web.runtime, watch)
    [resource] = client.get("/v1/resources").json()["data"]
    limited = web.client("read", connection_ids=[other])
    seen = [
        limited.get("/v1/resources").json()["data"],
        limited.get(f"/v1/resources/{resource['id']}").status_code,
        limited.get(f"/v1/resources/{resource['id']}/timeline").status_code,
    ]
    assert seen == [[], 404, 404]


def test_triggers_are_described_with_their_options(client: httpx.Client) -> None:
    listed = {known["name"]: known for known in client.get("/v1/triggers").json()["data"]}
    assert client.get("/v1/triggers/record_counts").json() == listed["record_counts"]
    assert client.get("/v1/triggers/moons").status_code == 404
    assert listed["indexes"]["options"]["properties"]["names"]["default"] == ["*"]


def test_a_budget_is_shown_and_changed(client: httpx.Client) -> None:
    path = "/v1/connections/default/budget"
    shown = [
        client.get(path).json(),
        client.patch(path, json={"calls_per_minute": 30}).json(),
        client.patch(path, json={"calls_per_minute": None}).json(),
    ]
    told = [(each["calls_per_minute"], each["own"], each["calls_left"]) for each in shown]
    assert told == [(600, False, 600), (30, True, 30), (600, False, 600)]
    assert client.patch(path, json={"calls_per_minute": 0}).status_code == 422


@pytest.mark.usefixtures("filled")
def test_a_watch_says_how_old_its_look_at_each_index_is(web: Web, client: httpx.Client) -> None:
    rows = client.get("/v1/watches?limit=100").json()["data"]
    [watch] = [row["id"] for row in rows if row["trigger"] == "namespaces"]
    polling.poll_now(web.runtime, watch)
    shown = client.get(f"/v1/watches/{watch}").json()
    [look] = shown["looks"].values()
    assert (look["looked_at"], look["error"], shown["last_call_count"]) == (shown["oldest_look_at"], None, 2)
