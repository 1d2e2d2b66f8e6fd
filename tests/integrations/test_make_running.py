"""What the Make app's files ask, asked of a running house: connection, lists, attach → event → detach, modules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.integrations.iml import evaluated, rendered
from tests.integrations.test_make import APP, MANIFEST, camel, content, filled
from tests.receiver import Receiver
from tests.stories.processes import House, whole_house

pytestmark = pytest.mark.slow
BASE = json.loads((APP / MANIFEST["generalCodeFiles"]["base"]).read_text())


class Make:
    """Make in the place of a scenario: a connection, and requests as a component's files say."""

    def __init__(self, house: House) -> None:
        key = house.api.headers["authorization"].removeprefix("Bearer ")
        self.connection = {"url": house.url, "api_key": key}
        self.client = httpx.Client(timeout=60, trust_env=False)

    def ask(self, content: Any, scope: dict[str, Any], base: Any = BASE) -> httpx.Response:
        scope = {"connection": self.connection, **scope}
        request = rendered({key: value for key, value in content.items() if key != "response"}, scope)
        url = request["url"] if "://" in request["url"] else rendered(base["baseUrl"], scope) + request["url"]
        headers = {**rendered(base.get("headers", {}), scope), **request.get("headers", {})}
        if "body" in request and content.get("type") == "text":
            return self.client.request(
                request["method"], url, params=request["qs"], headers=headers, content=request["body"]
            )
        return self.client.request(
            request["method"], url, params=request.get("qs"), headers=headers, json=request.get("body")
        )

    def module(self, action: str, given: dict[str, Any], *, by_name: bool = False) -> list[Any]:
        """Run an action's module; return its bundles."""
        communication = content("module", camel(action), "communication")
        answer = self.ask(communication, {"parameters": filled(action, given, by_name=by_name)})
        scope = {"statusCode": answer.status_code, "body": answer.json()}
        assert answer.is_success, rendered(BASE["response"]["error"]["message"], scope)
        response = communication["response"]
        assert evaluated(response["valid"]["condition"][2:-2], scope), answer.text
        if "iterate" not in response:
            return [rendered(response["output"], scope)]
        items = evaluated(response["iterate"][2:-2], scope)
        return [rendered(response["output"], {**scope, "item": item}) for item in items]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Make]:
    with whole_house(tmp_path_factory.mktemp("make")) as house:
        opened = Make(house)
        with opened.client:
            yield opened


def test_a_connection_is_tried_and_named(make: Make) -> None:
    communication = content("connection", "pinehook", "communication")
    answer = make.ask(communication, {"parameters": make.connection}, {})
    scope = {"statusCode": answer.status_code, "body": answer.json()}
    valid = evaluated(communication["response"]["valid"]["condition"][2:-2], scope)
    label = rendered(communication["response"]["metadata"]["value"], scope)
    assert (valid, label.startswith("Pinehook: ")) == (True, True)
    refused = make.ask(communication, {"parameters": {**make.connection, "api_key": "phk_wrong"}}, {})
    told = rendered(
        communication["response"]["error"]["401"]["message"], {"statusCode": 401, "body": refused.json()}
    )
    assert (refused.status_code, told[:5], "phk_wrong" in told) == (401, "[401]", False)


def test_an_event_arrives_as_a_bundle_and_what_lacks_the_token_does_not(
    make: Make, receiver: Receiver
) -> None:
    parameters = {"event_types": ["index.created"], "keys": ["make-*"]}
    attach, detach = content("webhook", "events", "attach"), content("webhook", "events", "detach")
    webhook = {"id": 1, "url": receiver.url}
    made = make.ask(attach, {"parameters": parameters, "webhook": webhook})
    kept = rendered(
        attach["response"]["data"], {"body": made.json(), "webhook": webhook, "connection": make.connection}
    )

    make.module("create_index", {"name": "other", "dimension": 3})
    make.module("create_index", {"name": "make-one", "dimension": 3})
    message = receiver.wait_for_type("index.created")
    scope = {
        "data": {**parameters, **kept},
        "headers": message.headers,
        "body": message.json,
        "method": "POST",
    }
    communication = content("webhook", "events", "communication")
    bundle = rendered(communication["output"], scope)
    told = {field["name"] for field in content("module", "watchEvents", "interface")}
    assert (made.status_code, bundle["key"], bundle.keys()) == (201, "make-one", told)

    passes = communication["condition"][2:-2]
    forged = {**scope, "headers": {**message.headers, "x-pinehook-token": "0" * 64}}
    unsigned = {**scope, "headers": {}}
    never_attached = {**scope, "data": parameters, "headers": {}}
    told_apart = [evaluated(passes, each) for each in (scope, forged, unsigned, never_attached)]
    assert told_apart == [True, False, False, False]

    left = make.ask(detach, {"webhook": {**webhook, **kept}})
    gone = make.client.get(
        f"{make.connection['url']}/v1/endpoints/{kept['externalHookId']}",
        headers={"authorization": f"Bearer {make.connection['api_key']}"},
    )
    assert (left.status_code, gone.status_code) == (204, 404)


def test_choices_are_listed(make: Make) -> None:
    make.module("create_index", {"name": "make-listed", "dimension": 3})
    listed = {}
    for name in MANIFEST["components"]["rpc"]:
        communication = content("rpc", name, "communication")
        body = make.ask(communication, {"parameters": {}}).json()
        items = evaluated(communication["response"]["iterate"][2:-2], {"body": body})
        listed[name] = [rendered(communication["response"]["output"], {"item": item}) for item in items]
    assert {"label": "make-listed", "value": "make-listed"} in listed["listIndexes"]
    assert {"label": "Index Ready", "value": "index.ready"} in listed["listEventTypes"]
    assert [len(listed[name]) > 0 for name in ("listConnections", "listModels")] == [True, True]


def test_text_is_written_found_and_deleted_only_when_confirmed(make: Make) -> None:
    embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
    make.module("create_index", {"name": "make-notes", "embed": embed})
    make.module("wait_for_index", {"index": "make-notes", "timeout_seconds": 15})
    text = 'She said "open when dry",\nand left.'
    record = {"_id": "quote", "text": text}
    (written,) = make.module("upsert_records", {"index": "make-notes", "records": [record]}, by_name=True)
    found = make.module("search_text", {"index": "make-notes", "text": text})
    assert (written["upserted_count"], [(each["id"], each["text"]) for each in found]) == (
        1,
        [("quote", text)],
    )
    assert found[0]["answer"].startswith("[1] She said")
    (asked,) = make.module("delete_vectors", {"index": "make-notes", "ids": ["quote"]})
    (done,) = make.module(
        "delete_vectors", {"index": "make-notes", "ids": ["quote"], "confirm": "make-notes"}
    )
    assert (asked["deleted"], done["deleted"]) == (False, True)


def test_any_other_route_can_be_called(make: Make) -> None:
    communication = content("module", "makeApiCall", "communication")
    qs = [{"key": "limit", "value": "1"}]
    listed = make.ask(communication, {"parameters": {"path": "events", "method": "GET", "qs": qs}})
    body = json.dumps({"trigger": "indexes", "options": {"names": ["make-*"]}})
    made = make.ask(communication, {"parameters": {"path": "watches", "method": "POST", "body": body}})
    assert (listed.status_code, made.status_code) == (200, 201), made.text


def test_what_is_wrong_is_said_with_its_field(make: Make) -> None:
    with pytest.raises(AssertionError, match=r"^\[422\] .*/top_k"):
        make.module("query_vectors", {"index": "make-notes", "id": "a", "top_k": 100_000})


def test_a_run_is_asked_for(make: Make) -> None:
    key = {"authorization": f"Bearer {make.connection['api_key']}", "prefer": "respond-async"}
    url = f"{make.connection['url']}/v1/actions/list_indexes"
    run = make.client.post(url, json={}, headers=key).json()
    told = make.ask(content("module", "getRun", "communication"), {"parameters": {"run": run["id"]}}).json()
    interface = {field["name"] for field in content("module", "getRun", "interface")}
    assert (told["state"], told.keys() <= interface) == ("succeeded", True)
