from __future__ import annotations

import re
from typing import Any

import pytest
from openapi_spec_validator import validate

from bridge.access import SCOPES
from tests.bridge.web.conftest import Web

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is told here is the same on each database."""


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for part in ("paths", "webhooks")
        for path, methods in document[part].items()
        for method, operation in methods.items()
    ]


def references(node: Any) -> set[str]:
    if isinstance(node, list):
        return {found for item in node for found in references(item)}
    if not isinstance(node, dict):
        return set()
    own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
    return own.union(*(references(value) for value in node.values()))


def test_the_document_is_valid(web: Web) -> None:
    validate(web.document)


def test_it_has_every_route_action_and_event_type(web: Web) -> None:
    routes = {
        (known.method.lower(), re.sub(r"<(\w+)>", r"{\1}", known.path))
        for known in web.operations.values()
        if known.name != "run_action"
    }
    actions = {("post", f"/v1/actions/{name}") for name in web.runtime.registry.actions}
    webhooks = {("post", name) for name in web.runtime.registry.event_types}
    assert {(method, path) for method, path, _ in operations(web.document)} == routes | actions | webhooks


def test_names_are_unique_and_texts_short_enough_for_those_who_cut_them(web: Web) -> None:
    listed = [operation for _, _, operation in operations(web.document)]
    names = [operation["operationId"] for operation in listed]
    parameters = [parameter for operation in listed for parameter in operation["parameters"]]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]{2,63}", name)] == []
    assert [each["operationId"] for each in listed if len(each["description"]) > 300] == []
    assert [each["operationId"] for each in listed if each["description"].endswith("…")] == []
    assert [each["name"] for each in parameters if len(each.get("description", "")) > 700] == []


def test_every_reference_leads_into_the_document(web: Web) -> None:
    parts = web.document["components"]
    known = {f"#/components/{kind}/{name}" for kind, named in parts.items() for name in named}
    assert references(web.document) - known == set()


def test_what_changes_something_is_consequential(web: Web) -> None:
    told = {
        operation["operationId"]: operation["x-openai-isConsequential"]
        for _, _, operation in operations(web.document)
        if "x-openai-isConsequential" in operation
    }
    wanted = {name: known.method != "GET" for name, known in web.operations.items() if name != "run_action"}
    wanted |= {name: action.effect != "read" for name, action in web.runtime.registry.actions.items()}
    assert told == wanted


def test_an_operation_names_the_scope_it_needs(web: Web) -> None:
    paths = web.document["paths"]
    assert [
        paths["/v1/watches"]["post"]["security"],
        paths["/v1/actions/delete_index"]["post"]["security"],
        paths["/healthz"]["get"]["security"],
        paths["/v1/me"]["get"].get("security", web.document["security"]),
    ] == [[{"key": ["write"]}], [{"key": ["delete"]}], [], [{"key": []}]]
    assert {known.need for known in web.operations.values()} - {"any", "public"} == set(SCOPES)


def test_it_is_served_to_anyone_and_not_sent_twice(web: Web) -> None:
    first = web.anyone().get("/openapi.json")
    again = web.anyone().get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.json(), again.status_code, again.content) == (web.document, 304, b"")


def test_an_excerpt_has_the_operations_asked_for_and_what_they_refer_to(web: Web) -> None:
    asked = "search_text,upsert_records,list_events"
    few = web.anyone().get("/openapi.json", params={"actions": asked}).json()
    validate(few)
    assert {
        operation["operationId"] for methods in few["paths"].values() for operation in methods.values()
    } == {*asked.split(",")}
    known = {f"#/components/{kind}/{name}" for kind, named in few["components"].items() for name in named}
    assert references(few) - known == set()
    schemas = {name for name in known if name.startswith("#/components/schemas/")}
    assert schemas - references(few) == set()


def test_an_excerpt_of_what_there_is_not_is_refused_by_name(web: Web) -> None:
    unknown = web.anyone().get("/openapi.json", params={"actions": "search_text,bogus"})
    unread = web.anyone().get("/openapi.json", params={"actions": "Search Text"})
    assert [(answer.status_code, answer.json()["errors"][0]["pointer"]) for answer in (unknown, unread)] == [
        (400, "/actions"),
        (400, "/actions"),
    ]
    assert "bogus" in unknown.json()["errors"][0]["message"]
