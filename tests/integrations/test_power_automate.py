"""The Power Automate connector: as /swagger.json says, by the documented rules, and its trigger's round."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, validate

from tests.receiver import Receiver
from tests.stories.processes import ROOT, whole_house

HERE = ROOT / "integrations/power-automate"
SWAGGER = json.loads((HERE / "apiDefinition.swagger.json").read_text())
PROPERTIES = json.loads((HERE / "apiProperties.json").read_text())["properties"]
ACTIONS = {path.stem for path in (ROOT / "schemas/actions").glob("*.json")}
MAX_BYTES = 1_000_000
EXTENSIONS = {
    "operation": {"x-ms-trigger", "x-ms-visibility"},
    "path": {"x-ms-notification-content"},
    "field": {"x-ms-dynamic-list", "x-ms-dynamic-values", "x-ms-notification-url", "x-ms-summary", "x-ms-visibility"},
}  # fmt: skip
"""What is documented where (learn.microsoft.com/connectors/custom-connectors/openapi-extensions), of what is used."""
PLACE = "https://bridge.example"


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in SWAGGER["paths"].items():
        for method, told in methods.items():
            if not method.startswith("x-"):
                yield path, method, told


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for part in node.values():
            yield from nodes(part)
    elif isinstance(node, list):
        for part in node:
            yield from nodes(part)


def named(operation_id: str) -> tuple[str, str, dict[str, Any]]:
    return next(each for each in operations() if each[2]["operationId"] == operation_id)


def asked(told: dict[str, Any]) -> dict[str, Any]:
    """What an operation's body may have, by name."""
    bodies = [each["schema"] for each in told["parameters"] if each["in"] == "body"]
    schema = bodies[0] if bodies else {}
    whole = SWAGGER["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return whole.get("properties", {})


def test_the_connector_is_as_the_bridge_says() -> None:
    command = [sys.executable, "-m", "integrations.power-automate.generate", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_it_is_valid_swagger_2_and_small_enough() -> None:
    validate(SWAGGER, cls=OpenAPIV2SpecValidator)
    assert (HERE / "apiDefinition.swagger.json").stat().st_size < MAX_BYTES
    assert (SWAGGER["schemes"], re.fullmatch(r"[^{}/ :\\]+", SWAGGER["host"]) is not None) == (
        ["https"],
        True,
    )
    assert [node for node in nodes(SWAGGER) if {"oneOf", "anyOf", "const"} & node.keys()] == []


def test_every_action_is_there_and_what_is_not_for_people_is_hidden() -> None:
    shown = {told["operationId"] for _, _, told in operations() if told.get("x-ms-visibility") != "internal"}
    assert shown == ACTIONS | {"create_endpoint", "list_events", "get_run"}
    triggers = [told["operationId"] for _, _, told in operations() if "x-ms-trigger" in told]
    assert triggers == ["create_endpoint"]


def test_operations_are_named_and_described() -> None:
    names = [told["operationId"] for _, _, told in operations()]
    assert len({*names}) == len(names)
    for _, _, told in operations():
        assert 0 < len(told["summary"]) <= 80, told["operationId"]
        assert told["description"].endswith("."), told["operationId"]
        assert told["description"].rstrip(".") != told["summary"], told["operationId"]
        assert any(status.startswith("2") for status in told["responses"]), told["operationId"]
        for parameter in told["parameters"]:
            assert parameter["in"] == "body" or parameter["x-ms-summary"], (told["operationId"], parameter)
        assert all(part["x-ms-summary"] for part in asked(told).values() if "$ref" not in part)


def test_extensions_are_the_documented_ones_where_they_are_documented() -> None:
    of_paths = {key for methods in SWAGGER["paths"].values() for key in methods if key.startswith("x-ms-")}
    of_operations = {key for _, _, told in operations() for key in told if key.startswith("x-ms-")}
    everywhere = {key for node in nodes(SWAGGER) for key in node if key.startswith("x-ms-")}
    assert of_paths == EXTENSIONS["path"]
    assert of_operations == EXTENSIONS["operation"]
    assert everywhere == {key for keys in EXTENSIONS.values() for key in keys}
    assert {node["x-ms-visibility"] for node in nodes(SWAGGER) if "x-ms-visibility" in node} <= {
        "important", "advanced", "internal",
    }  # fmt: skip


def test_what_is_required_and_hidden_is_filled_in_by_power_automate() -> None:
    for _, _, told in operations():
        hidden = {
            name: part
            for name, part in asked(told).items()
            if part.get("x-ms-visibility") == "internal" and "default" not in part
        }
        assert all(part.get("x-ms-notification-url") for part in hidden.values()), hidden
    assert asked(named("create_endpoint")[2])["url"]["x-ms-notification-url"] is True


def test_the_trigger_says_what_arrives_and_where_it_is_left() -> None:
    path, method, told = named("create_endpoint")
    content = SWAGGER["paths"][path]["x-ms-notification-content"]
    assert (method, told["x-ms-trigger"], [*content["schema"]]) == ("post", "single", ["$ref"])
    assert "Location" in told["responses"]["201"]["headers"]
    assert named("remove_endpoint")[:2] == (f"{path}/{{endpoint_id}}", "delete")


def test_drop_downs_ask_an_operation_that_there_is_for_what_it_takes() -> None:
    taken = {each["name"] for each in named("list_options")[2]["parameters"]}
    for _, _, told in operations():
        fields = asked(told)
        for part in fields.values():
            for node in (part, part.get("items", {})):
                for kind in {"x-ms-dynamic-values", "x-ms-dynamic-list"} & node.keys():
                    assert node[kind]["operationId"] == "list_options"
                    assert node[kind]["parameters"].keys() <= taken
                    assert "index" not in node[kind]["parameters"] or "index" in fields


def test_the_connection_asks_for_what_the_policies_use() -> None:
    texts = json.dumps(PROPERTIES["policyTemplateInstances"])
    assert {*re.findall(r"@connectionParameters\('(\w+)'\)", texts)} == PROPERTIES[
        "connectionParameters"
    ].keys()
    assert PROPERTIES["connectionParameters"]["api_key"]["type"] == "securestring"
    assert {each["templateId"] for each in PROPERTIES["policyTemplateInstances"]} == {
        "dynamichosturl",
        "setheader",
    }
    assert "securityDefinitions" not in SWAGGER


def through_policies(host: str, key: str) -> tuple[str, dict[str, str]]:
    """Where a request goes and what it carries, after the policies of a connection."""
    place, headers = "", {}
    for policy in PROPERTIES["policyTemplateInstances"]:
        given = {
            name.rpartition(".")[2]: str(value)
            .replace("@connectionParameters('host')", host)
            .replace("@connectionParameters('api_key')", key)
            for name, value in policy["parameters"].items()
        }
        if policy["templateId"] == "dynamichosturl":
            place = given["urlTemplate"]
        else:
            headers[given["name"]] = given["value"]
    return place, headers


@pytest.mark.slow
def test_a_flow_subscribes_is_given_its_event_and_leaves_by_the_location(
    receiver: Receiver, tmp_path: Path
) -> None:
    with whole_house(tmp_path, PINEHOOK_PUBLIC_URL=PLACE) as house:
        key = house.api.headers["authorization"].removeprefix("Bearer ")
        place, headers = through_policies(urlsplit(house.url).netloc, key)
        with httpx.Client(
            base_url=place.replace("https://", "http://"), headers=headers, trust_env=False
        ) as flow:
            path, method, told = named("create_endpoint")
            url = next(name for name, part in asked(told).items() if part.get("x-ms-notification-url"))
            made = flow.request(method, path, json={url: receiver.url, "event_types": ["index.created"]})
            index = {"name": "flow", "dimension": 3}
            flow.post(named("create_index")[0], json=index).raise_for_status()
            event = receiver.wait_for_type("index.created", key="flow").json
            location = made.headers["Location"]
            left = flow.delete(location.removeprefix(PLACE))
            again = flow.delete(location.removeprefix(PLACE))
    told_of = SWAGGER["definitions"]["event"]["properties"].keys()
    assert (made.status_code, location.startswith(f"{PLACE}/v1/endpoints/ep_"), event.keys()) == (
        201,
        True,
        told_of,
    )
    assert (left.status_code, again.status_code) == (204, 404)
