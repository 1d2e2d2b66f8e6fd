from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, validate

from bridge.web import described
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is told here is the same on each database."""


@pytest.fixture
def swagger(web: Web) -> Any:
    answer = web.anyone(Host="bridge.example").get("/swagger.json")
    return answer.json()


def test_it_is_valid_swagger_2(swagger: Any) -> None:
    validate(swagger, cls=OpenAPIV2SpecValidator)


def test_it_has_every_operation_of_the_openapi_document_and_says_where_it_was_asked(
    web: Web, swagger: Any
) -> None:
    def operations(document: Any) -> set[tuple[str, str, str]]:
        return {
            (path, method, told["operationId"])
            for path, methods in document["paths"].items()
            for method, told in methods.items()
            if not method.startswith("x-")
        }

    assert operations(swagger) == operations(web.document)
    assert (swagger["host"], swagger["swagger"]) == ("bridge.example", "2.0")


def test_power_automate_finds_its_trigger(swagger: Any) -> None:
    path = swagger["paths"]["/v1/endpoints"]
    wanted = swagger["definitions"]["endpoint.create"]["properties"]
    assert (path["post"]["x-ms-trigger"], path["x-ms-notification-content"]["schema"]) == (
        "single",
        {"$ref": "#/definitions/event"},
    )
    assert (wanted["url"]["x-ms-notification-url"], wanted["url"]["x-ms-visibility"]) == (True, "internal")
    assert [name for name, part in wanted.items() if part.get("x-ms-visibility") == "important"] == [
        "event_types"
    ]
    assert "Location" in path["post"]["responses"]["201"]["headers"]


def chosen(swagger: Any) -> Iterator[tuple[str, str, Any, Any]]:
    """Every field that is chosen from a list: its operation, its name, where from in the older words and the newer."""
    for methods in swagger["paths"].values():
        for method, told in methods.items():
            bodies = (
                []
                if method.startswith("x-")
                else [each for each in told["parameters"] if each["in"] == "body"]
            )
            for parameter in bodies:
                schema = parameter["schema"]
                whole = (
                    swagger["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
                )
                for name, part in whole.get("properties", {}).items():
                    from_list = part if "x-ms-dynamic-values" in part else part.get("items", {})
                    if "x-ms-dynamic-values" in from_list:
                        yield (
                            told["operationId"],
                            name,
                            from_list["x-ms-dynamic-values"],
                            from_list["x-ms-dynamic-list"],
                        )


def test_what_there_is_is_chosen_from_a_list(web: Web, swagger: Any, pinecone_emulator: Emulator) -> None:
    client = web.client()
    client.post("/v1/actions/create_index", json={"name": "docs", "dimension": 2})
    pinecone_emulator.control.advance(60)
    found = [*chosen(swagger)]
    assert {(operation, name) for operation, name, _, _ in found} >= {
        ("query_vectors", "index"),
        ("query_vectors", "namespace"),
        ("query_namespaces", "namespaces"),
        ("create_index_from_backup", "backup_id"),
        ("create_endpoint", "event_types"),
        ("create_endpoint", "connection"),
    }
    for _, _, older, newer in found:
        source = older["parameters"]["source"]
        assert newer["parameters"]["source"] == {"value": source}
        asked = {"index": "docs"} if "index" in older["parameters"] else {}
        options = client.get(f"/v1/options/{source}", params=asked).json()[older["value-collection"]]
        assert all({older["value-path"], older["value-title"]} <= option.keys() for option in options)
        assert (newer["itemsPath"], newer["itemValuePath"]) == (
            older["value-collection"],
            older["value-path"],
        )


def test_an_excerpt_has_only_what_was_asked_for(web: Web) -> None:
    few = web.anyone().get("/swagger.json", params={"actions": "search_text,list_events"}).json()
    validate(few, cls=OpenAPIV2SpecValidator)
    assert [*few["paths"]] == ["/v1/events", "/v1/actions/search_text"]
    assert [*chosen(few)] == []


def test_both_documents_name_the_public_url(web: Web) -> None:
    settings = web.runtime.settings.model_copy(update={"public_url": "https://pinehook.example.com/bridge"})
    told = {
        as_swagger: orjson.loads(described(settings, actions="get_me", as_swagger=as_swagger))
        for as_swagger in (False, True)
    }
    assert told[False]["servers"] == [{"url": "https://pinehook.example.com/bridge"}]
    assert [told[True][key] for key in ("schemes", "host", "basePath")] == [
        ["https"],
        "pinehook.example.com",
        "/bridge",
    ]
