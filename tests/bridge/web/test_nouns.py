from __future__ import annotations

from typing import Any

import httpx
import pytest
from sqlmodel import select

from bridge import clock, fanout
from bridge import events as stored
from bridge.models import Audit, Event
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web
from tests.receiver import Receiver

INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}


def event(number: int, connection_id: str | None, event_type: str = "index.ready") -> Event:
    moment = clock.now()
    return Event(
        dedupe_key=f"{event_type}/{number}", type=event_type, connection_id=connection_id, resource_id="res_1",
        key=f"docs-{number}", life="h", status="Ready", data={"name": "docs"},
        timestamp=moment, observed_at=moment,
    )  # fmt: skip


def happen(web: Web, *events: Event) -> list[str]:
    with web.runtime.database.write() as session:
        fanout.fan_out(session, stored.store(session, events))
    return [each.id for each in events]


def ids(response: httpx.Response) -> list[str]:
    return [row["id"] for row in response.json()["data"]]


def default_id(client: httpx.Client) -> str:
    return str(client.get("/v1/connections/default").json()["id"])


def without(shape: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in shape.items() if name not in names}


def test_me_names_the_key_its_scopes_and_connections(web: Web) -> None:
    me = web.client("write", "read").get("/v1/me").json()
    assert without(me, "id") == {
        "name": "test", "label": "Pinehook: test", "scopes": ["read", "write"], "connections": None, "indexes": None, "calls_per_minute": None,
    }  # fmt: skip


def test_an_action_upserts_and_another_finds_what_was_upserted(
    client: httpx.Client, pinecone_emulator: Emulator
) -> None:
    assert client.post("/v1/actions/create_index", json=INDEX).status_code == 200
    pinecone_emulator.control.advance(60)
    wrote = client.post(
        "/v1/actions/upsert_vectors?connection=default",
        json={"index": "docs", "vectors": [{"id": "a", "values": [1, 2, 3]}]},
    )
    found = client.post("/v1/actions/query_vectors", json={"index": "docs", "vector": [1, 2, 3], "top_k": 1})
    run = client.get(f"/v1/runs/{wrote.headers['Pinehook-Run-Id']}").json()
    assert (wrote.json()["upserted_count"], [match["id"] for match in found.json()["matches"]]) == (1, ["a"])
    assert (run["action"], run["state"], run["output"]) == ("upsert_vectors", "succeeded", wrote.json())
    assert "Pinehook-Run-Id" not in found.headers


def test_runs_are_listed_newest_first_and_by_action(client: httpx.Client) -> None:
    client.post("/v1/actions/create_index", json=INDEX)
    client.post("/v1/actions/delete_index", json={"index": "nope", "confirm": "nope"})
    listed = [
        [(run["action"], run["state"]) for run in client.get(path).json()["data"]]
        for path in ("/v1/runs", "/v1/runs?action=create_index")
    ]
    assert listed == [
        [("delete_index", "failed"), ("create_index", "succeeded")],
        [("create_index", "succeeded")],
    ]


def test_an_action_needs_no_body_where_it_needs_no_input(client: httpx.Client) -> None:
    assert client.post("/v1/actions/list_indexes").json() == {"indexes": []}


def test_actions_are_described_with_schema_and_examples(client: httpx.Client) -> None:
    listed = {action["name"]: action for action in client.get("/v1/actions").json()["data"]}
    described = client.get("/v1/actions/upsert_vectors").json()
    assert without(described, "input", "output", "examples") == listed["upsert_vectors"]
    assert described["input"]["required"] == ["index", "vectors"]


def test_a_connection_is_added_tested_renamed_and_removed(
    runtime: Runtime, client: httpx.Client, pinecone_emulator: Emulator
) -> None:
    secret = pinecone_emulator.api_key
    added = client.post(
        "/v1/connections", json={"name": "second", "api_key": secret, "host": pinecone_emulator.url}
    )
    path = added.headers["Location"]
    tested = client.post(f"{path}/test")
    renamed = client.patch(path, json={"name": "other"})
    watched = {row["trigger"] for row in client.get("/v1/watches?connection=other").json()["data"]}
    triggers = runtime.registry.triggers.values()
    removed = client.delete(path)
    answers = [added, tested, renamed, removed, client.get(path)]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 204, 404]
    assert (tested.json(), renamed.json()["name"]) == (
        {"ok": True, "index_count": 0, "project_count": None},
        "other",
    )
    assert watched == {
        known.kind for known in triggers if not known.needs_admin and "required" not in known.options.schema
    }
    assert [secret in answer.text for answer in answers] == [False] * 5


def test_a_watch_is_ordered_tuned_paused_and_removed(client: httpx.Client) -> None:
    asked = {"trigger": "indexes", "options": {"names": ["docs-*"]}, "interval_seconds": 5}
    made = client.post("/v1/watches", json=asked)
    path = made.headers["Location"]
    tuned = client.patch(path, json={"state": "paused", "interval_seconds": 9})
    answers = [made, client.get(path), tuned, client.delete(path), client.delete(path)]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 204, 404]
    assert made.json()["options"]["names"] == ["docs-*"]
    assert (tuned.json()["state"], tuned.json()["interval_seconds"]) == ("paused", 9)


def test_an_endpoint_is_made_once_and_found_again_without_its_secret(
    client: httpx.Client, receiver: Receiver
) -> None:
    asked = {"url": receiver.url, "event_types": ["index.*"], "connection": "default"}
    made, again = (client.post("/v1/endpoints", json=asked) for _ in range(2))
    assert [made.status_code, again.status_code] == [201, 200]
    assert made.json()["secret"].startswith("whsec_")
    assert again.json() == {**made.json(), "secret": None}
    assert again.headers["Location"] == made.headers["Location"] == f"/v1/endpoints/{made.json()['id']}"
    assert client.get(made.headers["Location"]).json() == again.json()
    assert ids(client.get("/v1/endpoints")) == [made.json()["id"]]


def test_an_endpoint_is_paused_and_unsubscribed(client: httpx.Client, receiver: Receiver) -> None:
    path = client.post("/v1/endpoints", json={"url": receiver.url}).headers["Location"]
    paused = client.patch(path, json={"state": "paused", "description": "later"})
    answers = [paused, client.delete(path), client.delete(path), client.get(path)]
    assert [answer.status_code for answer in answers] == [200, 204, 404, 404]
    assert (paused.json()["state"], paused.json()["description"]) == ("paused", "later")


def test_a_secret_is_rotated_and_shown_to_an_admin_alone(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    asked = {"url": receiver.url, "headers": {"Authorization": "Bearer x"}, "retry_seconds": [5, 60]}
    made = client.post("/v1/endpoints", json=asked).json()
    path = f"/v1/endpoints/{made['id']}/secret"
    rotated = client.post(f"{path}/rotate", json={})
    shown = client.get(path)
    refused = web.client("read", "write").get(path)
    assert (rotated.status_code, shown.json(), refused.status_code) == (200, rotated.json(), 403)
    assert (rotated.json()["secret"] == made["secret"], len(rotated.json()["old_valid_until"])) == (False, 1)
    assert (made["headers"], made["retry_seconds"]) == ({"Authorization": "…"}, [5, 60])


def test_an_endpoint_is_replayed_and_tested_over_the_api(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    happen(web, event(1, default_id(client)))
    path = client.post("/v1/endpoints", json={"url": receiver.url}).headers["Location"]
    since = "2020-01-01T00:00:00Z"
    counted, replayed = (
        client.post(f"{path}/replay", json={"since": since, "until": "2100-01-01T00:00:00Z", "dry_run": dry})
        for dry in (True, False)
    )
    refused = client.post(f"{path}/replay", json={"since": "2026-02-30T00:00:00Z"})
    tested = client.post(f"{path}/test", json={"event_type": "backup.ready"})
    cancelled = client.post(f"/v1/deliveries/{tested.json()['id']}/cancel")
    assert (counted.json()["missing"], replayed.json()["missing"], refused.status_code) == (1, 1, 422)
    assert (tested.json()["state"], cancelled.json()["state"]) == ("pending", "cancelled")


def test_events_are_listed_newest_first_a_page_at_a_time(web: Web, client: httpx.Client) -> None:
    made = happen(web, *(event(number, default_id(client)) for number in range(5)))
    seen, path = [], "/v1/events?limit=2"
    while True:
        page = client.get(path)
        seen.append(ids(page))
        if page.json()["next_cursor"] is None:
            break
        path = f"/v1/events?limit=2&cursor={page.json()['next_cursor']}"
    assert seen == [made[:-3:-1], made[2:0:-1], made[:1]]


def test_events_are_found_by_type_connection_and_resource(web: Web, client: httpx.Client) -> None:
    here = default_id(client)
    made = happen(web, event(1, here), event(2, here, "index.created"), event(3, None))
    found = [
        ids(client.get(f"/v1/events?{query}"))
        for query in ("type=index.created", "connection=default", f"connection={here}&type=index.ready",
                      "resource=res_1&limit=1", "resource=res_2", "type=index.*&limit=2", "type=backup.*")
    ]  # fmt: skip
    assert found == [made[1:2], made[1::-1], made[:1], made[2:], [], made[:0:-1], []]
    assert client.get("/v1/events?type=moon.*").status_code == httpx.codes.BAD_REQUEST


def test_a_delivery_is_found_with_its_attempts_and_sent_again(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    endpoint = client.post("/v1/endpoints", json={"url": receiver.url}).json()
    [event_id] = happen(web, event(1, default_id(client)))
    query = f"endpoint={endpoint['id']}&event={event_id}&state=pending"
    [delivery] = client.get(f"/v1/deliveries?{query}").json()["data"]
    got = client.get(f"/v1/deliveries/{delivery['id']}").json()
    again = client.post(f"/v1/deliveries/{delivery['id']}/resend")
    assert (again.status_code, again.json()["state"]) == (200, "pending")
    assert got == {**delivery, "attempts": []}
    assert ids(client.get("/v1/deliveries?state=failed")) == []


def test_event_types_carry_a_schema_and_an_example(client: httpx.Client) -> None:
    listed = {known["name"]: known for known in client.get("/v1/event-types").json()["data"]}
    assert client.get("/v1/event-types/index.ready").json() == listed["index.ready"]
    assert listed["index.ready"]["example"]["type"] == "index.ready"


def test_a_key_is_shown_once_works_and_is_revoked_at_once(web: Web, client: httpx.Client) -> None:
    made = client.post(
        "/v1/keys", json={"name": "n8n", "scopes": ["read"], "expires_at": "2100-01-01T02:00:00+02:00"}
    )
    path, other = made.headers["Location"], web.bearing(made.json()["key"])
    before = other.get("/v1/watches").status_code
    shown = client.get(path).json()
    removed = client.delete(path).status_code
    after = other.get("/v1/watches").status_code
    assert (made.status_code, before, removed, after) == (201, 200, 204, 401)
    assert (shown["key"], shown["expires_at"]) == (None, "2100-01-01T00:00:00.000000Z")
    assert {row["id"]: row["revoked_at"] is not None for row in client.get("/v1/keys").json()["data"]} == {
        shown["id"]: True,
        client.get("/v1/me").json()["id"]: False,
    }


def test_every_write_is_audited_with_who_and_whence(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    paths = [
        client.post(f"/v1/{noun}", json=body).headers["Location"]
        for noun, body in (
            ("endpoints", {"url": receiver.url}),
            ("connections", {"name": "c", "api_key": "k", "host": "http://127.0.0.1:9"}),
            ("watches", {"trigger": "backups", "options": {"from_start": True}}),
            ("keys", {"name": "k", "scopes": ["read"]}),
        )
    ]
    for path, body in zip(paths, ({"description": "x"}, {"name": "d"}, {"state": "paused"}), strict=False):
        client.patch(path, json=body)
    happen(web, event(1, None))
    client.post(f"/v1/deliveries/{ids(client.get('/v1/deliveries'))[0]}/resend")
    for path in paths:
        client.delete(path)
    me = client.get("/v1/me").json()["id"]
    with web.runtime.database.read() as session:
        rows = session.exec(select(Audit).where(Audit.api_key_id == me)).all()
    assert sorted(row.verb for row in rows) == sorted(
        ["endpoint.create", "endpoint.update", "endpoint.remove", "delivery.resend", "key.create", "key.revoke",
         "connection.create", "connection.update", "connection.remove",
         "watch.create", "watch.update", "watch.remove"]
    )  # fmt: skip
    assert {(row.actor, row.outcome, row.remote) for row in rows} == {("test", "done", "127.0.0.1")}


@pytest.mark.parametrize("scopes", [("read", "write", "delete", "admin")])
def test_what_a_key_may_not_see_does_not_exist_for_it(
    web: Web, client: httpx.Client, receiver: Receiver, scopes: tuple[str, ...]
) -> None:
    other = client.post(
        "/v1/connections", json={"name": "other", "api_key": "k", "host": "http://127.0.0.1:9"}
    ).json()["id"]
    limited = web.client(*scopes, connection_ids=[other])
    endpoint = client.post("/v1/endpoints", json={"url": receiver.url}).json()["id"]
    happen(web, event(1, default_id(client)), event(2, None))
    delivery = ids(client.get("/v1/deliveries"))[0]
    watch = ids(client.get("/v1/watches?connection=default"))[0]
    key = client.get("/v1/me").json()["id"]
    unseen = ["connections/default", f"endpoints/{endpoint}", f"deliveries/{delivery}", f"watches/{watch}",
              f"keys/{key}"]  # fmt: skip
    assert {limited.get(f"/v1/{path}").status_code for path in unseen} == {404}
    assert {limited.delete(f"/v1/{path}").status_code for path in unseen if "deliv" not in path} == {404}
    assert [ids(limited.get(f"/v1/{noun}")) for noun in ("events", "endpoints", "deliveries", "runs")] == [
        [], [], [], [],
    ]  # fmt: skip
    assert ids(limited.get("/v1/connections")) == [other]
    assert {watch["connection"] for watch in limited.get("/v1/watches").json()["data"]} == {other}
    assert limited.post("/v1/actions/list_indexes").json()["code"] == "unknown_connection"
    assert limited.post("/v1/watches", json={"trigger": "indexes"}).status_code == 404
    assert limited.post("/v1/keys", json={"name": "w", "scopes": ["read"]}).json()["code"] == "missing_scope"
