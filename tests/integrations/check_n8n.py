"""The package in a real n8n: workflows are activated, started by events, run and deactivated (make check-clients)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.n8n import PACKAGE, PINEHOOK, PROGRAM, TRIGGER, N8n, install, running, unpack
from tests.stories.processes import House, whole_house

if not PROGRAM.exists():
    pytest.skip("n8n is not installed: make check-clients", allow_module_level=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with whole_house(tmp_path_factory.mktemp("house")) as started:
        yield started


@pytest.fixture(scope="module")
def n8n(tmp_path_factory: pytest.TempPathFactory) -> Iterator[N8n]:
    home = tmp_path_factory.mktemp("n8n")
    install(home)
    with running(home) as started:
        yield started


@pytest.fixture(scope="module")
def credential(n8n: N8n, house: House) -> dict[str, Any]:
    return saved(n8n, house)


def saved(n8n: N8n, house: House) -> dict[str, Any]:
    made = n8n.ask("POST", "/credentials", {"name": "Pinehook", "type": "pinehookApi", "data": access(house)})
    return {"pinehookApi": {"id": made["id"], "name": made["name"]}}


def access(house: House) -> dict[str, str]:
    return {"url": f"{house.url}/", "apiKey": house.api.headers["authorization"].removeprefix("Bearer ")}


def example(credential: Any, prefix: str) -> dict[str, Any]:
    """The example that comes with the nodes: an index is created → wait for it → write to it → search it."""
    text = (PACKAGE / "example.json").read_text()
    flow: dict[str, Any] = json.loads(text.replace("n8n-*", f"{prefix}*").replace("pinehook-example", prefix))
    for node in flow["nodes"]:
        if node["type"] in (PINEHOOK, TRIGGER):
            node["credentials"] = credential
    return flow


def named(value: str) -> dict[str, Any]:
    return {"__rl": True, "mode": "name", "value": value}


def endpoints(house: House) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = house.api.get("/v1/endpoints").json()["data"]
    return [one for one in listed if one["description"].startswith("n8n: ")]


def create_index(house: House, name: str, dimension: int = 3) -> None:
    answer = house.api.post("/v1/actions/create_index", json={"name": name, "dimension": dimension})
    assert answer.is_success, answer.text


def ready_index(house: House, name: str) -> None:
    create_index(house, name)
    waited = house.api.post("/v1/actions/wait_for_index", json={"index": name})
    assert waited.json()["ready"], waited.text


def test_n8n_knows_the_nodes_and_offers_the_action_as_a_tool(n8n: N8n) -> None:
    types = n8n.api.get("/types/nodes.json").json()
    known = {each["name"] for each in types if each["name"].startswith("n8n-nodes-pinehook.")}
    icon = n8n.api.get("/icons/n8n-nodes-pinehook/nodes/Pinehook/pinehook.svg")
    assert (known, icon.status_code) == ({PINEHOOK, f"{PINEHOOK}Tool", TRIGGER}, 200)


def test_the_credential_is_tried(n8n: N8n, house: House, credential: Any) -> None:
    def tried(**changed: str) -> str:
        data = {**credential["pinehookApi"], "type": "pinehookApi", "data": {**access(house), **changed}}
        return str(n8n.ask("POST", "/credentials/test", {"credentials": data})["status"])

    told = [tried(), tried(apiKey="phk_wrong"), tried(url=f"{n8n.url}/healthz#")]
    assert told == ["OK", "Error", "Error"]


def test_lists_are_offered(n8n: N8n, house: House, credential: Any) -> None:
    create_index(house, "listed")
    asked = {
        "path": "parameters.index",
        "methodName": "indexes",
        "nodeTypeAndVersion": {"name": PINEHOOK, "version": 1},
        "currentNodeParameters": {"resource": "record", "operation": "query_vectors"},
        "credentials": credential,
    }
    offered = n8n.ask(
        "POST", "/dynamic-node-parameters/resource-locator-results", {**asked, "filter": "LIST"}
    )
    assert offered == {"results": [{"name": "listed", "value": "listed"}]}


def test_a_workflow_lives(n8n: N8n, house: House, credential: Any) -> None:
    made = n8n.active(example(credential, "life-"))
    (endpoint,) = endpoints(house)
    shown = (endpoint["event_types"], endpoint["keys"], endpoint["description"], endpoint["state"])
    assert shown == (["index.created"], ["life-*"], "n8n: Pinehook: an index is created", "active")

    create_index(house, "life-one")
    gave = n8n.ended(made)
    event, waited, written = (
        gave[name][0][0]["json"] for name in ("Index Created", "Wait for It", "Write a Record")
    )
    found = gave["Search"][0][0]
    assert (event["type"], event["key"], waited["ready"]) == ("index.created", "life-one", True)
    assert (written["upserted_count"], found["json"]["metadata"]) == (1, {"event": event["id"]})
    assert found["pairedItem"] == {"item": 0}

    n8n.ask("POST", f"/workflows/{made}/deactivate", {})
    url = f"{n8n.url}/webhook/life-/webhook"
    assert (endpoints(house), n8n.api.post(url, json={}).status_code) == ([], 404)


def test_what_is_wrong_goes_to_its_own_branch(n8n: N8n, house: House, credential: Any) -> None:
    made = n8n.active(example(credential, "wrong-"))
    create_index(house, "wrong-one", 4)
    gave = n8n.ended(made)
    told = gave["What Was Wrong"][0][0]["json"]
    assert (gave["Write a Record"][0], "Search" in gave) == ([], False)
    assert (told["error"]["code"], told["error"]["errors"][0]["pointer"]) == (
        "dimension_mismatch",
        "/vectors/0/values",
    )
    n8n.ask("POST", f"/workflows/{made}/deactivate", {})


def answered(n8n: N8n, path: str, nodes: list[dict[str, Any]], lines: dict[str, Any], body: Any) -> Any:
    """What a workflow that a webhook starts answers, which is what its last node gives."""
    hook = {"httpMethod": "POST", "path": path, "responseMode": "lastNode"}
    first = {
        "name": "Hook",
        "type": "n8n-nodes-base.webhook",
        "typeVersion": 2,
        "parameters": hook,
        "webhookId": path,
    }
    placed = [{"id": each["name"], "position": [0, 0], "typeVersion": 1, **each} for each in (first, *nodes)]
    wires = {
        name: {kind: [[{"node": other, "type": kind, "index": 0}]]} for name, (kind, other) in lines.items()
    }
    made = n8n.active({"name": path, "nodes": placed, "connections": wires})
    answer = n8n.api.post(f"{n8n.url}/webhook/{path}", json=body)
    n8n.ended(made)
    n8n.ask("POST", f"/workflows/{made}/deactivate", {})
    return answer.json()


def test_an_agents_tool_searches_with_what_the_agent_gives(n8n: N8n, house: House, credential: Any) -> None:
    ready_index(house, "asked")
    vectors = [{"id": "a", "values": [1, 0, 0]}, {"id": "b", "values": [0, 1, 0]}]
    assert house.api.post(
        "/v1/actions/upsert_vectors", json={"index": "asked", "vectors": vectors}
    ).is_success
    vector = "={{ $fromAI('vector', 'Three numbers, separated by commas', 'string') }}"
    given = {
        "operation": "query_vectors", "index": named("asked"), "vector": vector, "additionalFields": {"top_k": 1},
    }  # fmt: skip
    executor, asked = "@n8n/n8n-nodes-langchain.toolExecutor", {"query": "={{ $json.body }}"}
    nodes = [
        {"name": "Agent", "type": executor, "parameters": asked},
        {"name": "Search", "type": f"{PINEHOOK}Tool", "parameters": given, "credentials": credential},
    ]
    lines = {"Hook": ("main", "Agent"), "Search": ("ai_tool", "Agent")}
    told = answered(n8n, "asked", nodes, lines, {"vector": "0, 1, 0"})
    assert [each["id"] for each in told] == ["b"]


def test_a_file_of_an_earlier_node_is_written_row_by_row(n8n: N8n, house: House, credential: Any) -> None:
    ready_index(house, "filled")
    text = {"operation": "toText", "sourceProperty": "body.rows", "options": {"fileName": "rows.csv"}}
    more = {"file": "data", "id_column": "id", "vector_column": "vector"}
    given = {"operation": "upsert_rows", "index": named("filled"), "additionalFields": more}
    nodes = [
        {"name": "File", "type": "n8n-nodes-base.convertToFile", "typeVersion": 1.1, "parameters": text},
        {"name": "Rows", "type": PINEHOOK, "parameters": given, "credentials": credential},
    ]
    rows = 'id,vector\na,"[1, 0, 0]"\nb,"[1, 0]"\n'
    told = answered(
        n8n, "filled", nodes, {"Hook": ("main", "File"), "File": ("main", "Rows")}, {"rows": rows}
    )
    rejected = [(row["row"], row["column"]) for row in told["rows"]]
    assert (told["upserted_count"], rejected) == (1, [(1, "vector")])


def test_an_activation_that_pinehook_refuses_says_why(n8n: N8n, credential: Any) -> None:
    flow = example(credential, "refused-")
    flow["nodes"][0]["parameters"]["options"]["filter"] = '{"type": 3}'
    made = n8n.ask("POST", "/workflows", {**flow, "active": False})
    path = f"/rest/workflows/{made['id']}/activate"
    refused = n8n.api.post(path, json={"versionId": made["versionId"]})
    assert (refused.is_success, "filter" in refused.json()["message"]) == (False, True), refused.text


def test_a_message_that_is_not_signed_starts_nothing(n8n: N8n, house: House, credential: Any) -> None:
    made = n8n.active(example(credential, "forged-"))
    forged = n8n.api.post(f"{n8n.url}/webhook/forged-/webhook", json={"type": "index.created", "key": "x"})
    create_index(house, "forged-not")
    gave = n8n.ended(made)
    ran = n8n.ask("GET", f'/executions?filter={{"workflowId":"{made}"}}')["results"]
    assert (forged.status_code, len(ran), gave["Index Created"][0][0]["json"]["key"]) == (
        401,
        1,
        "forged-not",
    )
    n8n.ask("POST", f"/workflows/{made}/deactivate", {})


def test_trying_a_workflow_that_is_active_leaves_its_endpoint_alone(
    n8n: N8n, house: House, credential: Any
) -> None:
    made = n8n.active(example(credential, "tried-"))
    before = endpoints(house)
    asked = {
        "workflowData": n8n.ask("GET", f"/workflows/{made}"),
        "triggerToStartFrom": {"name": "Index Created"},
    }
    waits = n8n.ask("POST", f"/workflows/{made}/run", asked)
    during = endpoints(house)
    n8n.ask("DELETE", f"/test-webhook/{made}")
    n8n.until(lambda: endpoints(house) == before)
    assert (waits["waitingForWebhook"], len(during)) == (True, len(before) + 1)
    create_index(house, "tried-after")
    assert n8n.ended(made)["Index Created"][0][0]["json"]["key"] == "tried-after"
    n8n.ask("POST", f"/workflows/{made}/deactivate", {})


def test_after_a_restart_of_n8n_the_endpoint_and_its_secret_are_the_same(
    house: House, tmp_path: Path
) -> None:
    install(tmp_path)
    with running(tmp_path) as first:
        made = first.active(example(saved(first, house), "again-"))
        before = endpoints(house)
    with running(tmp_path) as second:
        create_index(house, "again-one")
        assert second.ended(made)["Index Created"][0][0]["json"]["key"] == "again-one"
        assert [each["id"] for each in endpoints(house)] == [each["id"] for each in before]


def test_a_folder_does_it_as_well(house: House, tmp_path: Path) -> None:
    unpack(tmp_path)
    with running(tmp_path, N8N_CUSTOM_EXTENSIONS=str(tmp_path / "unpacked")) as n8n:
        flow = example(saved(n8n, house), "folder-")
        for node in flow["nodes"]:
            node["type"] = node["type"].replace("n8n-nodes-pinehook.", "CUSTOM.")
        made = n8n.active(flow)
        create_index(house, "folder-one")
        gave = n8n.ended(made)
        assert gave["Search"][0][0]["json"]["metadata"] == {
            "event": gave["Index Created"][0][0]["json"]["id"]
        }
        n8n.ask("POST", f"/workflows/{made}/deactivate", {})
