from __future__ import annotations

from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV2SpecValidator, validate

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
    url = swagger["definitions"]["endpoint.create"]["properties"]["url"]
    assert (path["post"]["x-ms-trigger"], path["x-ms-notification-content"]["schema"]) == (
        "single",
        {"$ref": "#/definitions/event"},
    )
    assert (url["x-ms-notification-url"], url["x-ms-visibility"]) == (True, "internal")
    assert "Location" in path["post"]["responses"]["201"]["headers"]


def test_an_index_is_chosen_from_a_list(swagger: Any) -> None:
    body = swagger["paths"]["/v1/actions/query_vectors"]["post"]["parameters"][-1]["schema"]
    chosen = body["properties"]["index"]["x-ms-dynamic-values"]
    named = {told["operationId"] for methods in swagger["paths"].values() for told in methods.values()
             if "operationId" in told}  # fmt: skip
    assert (chosen["operationId"] in named, chosen["parameters"]) == (True, {"source": "indexes"})
