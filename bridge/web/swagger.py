"""The Swagger document (2.0): the OpenAPI document for those who read nothing newer, as Power Automate does.

Written from the OpenAPI document and nothing else. What JSON Schema 2020-12 says and Swagger cannot (patterns of
property names, what depends on what) is left out: the bridge holds requests to it all the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, current_app, request

from bridge.plugin import JSON
from bridge.web import connector, excerpt
from bridge.web.door import JSON_TYPE, Call, operation

room = Blueprint("swagger", __name__)

KEPT: Final = frozenset(
    {"title", "description", "default", "enum", "format", "pattern", "maxLength", "minLength", "maximum", "minimum",
     "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties", "required", "readOnly", "example"}
)  # fmt: skip
"""What a schema says in the same words in both."""
TEXT: Final = ("type", "format", "enum", "default", "pattern", "maxLength", "minLength", "maximum", "minimum")
HOST: Final = b'"host":"@"'
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9.\[\]:_-]{1,200}")


@operation(room, "GET /swagger.json", "public", query="openapi.get")
def get_swagger(call: Call) -> Response:
    """Get this API, or an excerpt of it, as Swagger 2.0, to be imported as a custom connector."""
    told = excerpt.chosen(current_app.extensions["pinehook.openapi"], call.query.get("actions"))
    host = request.host if WELL_FORMED.fullmatch(request.host) else "localhost"
    body = written(told).replace(HOST, b'"host":"%s"' % host.encode())
    response = Response(body, content_type=JSON_TYPE)
    response.headers["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=4)
def written(told: bytes) -> bytes:
    """Return the document as JSON, made of the other's."""
    return orjson.dumps(converted(orjson.loads(told)))


def converted(document: JSON) -> JSON:
    """Return an OpenAPI 3.1 document of ours as Swagger 2.0."""
    server = urlsplit(document["servers"][0]["url"])
    parts = document["components"]
    operations = {path: _path(methods) for path, methods in document["paths"].items()}
    definitions = {name: _schema(part) for name, part in parts["schemas"].items()}
    connector.equip(operations, definitions)
    return {
        "swagger": "2.0",
        "info": document["info"],
        "host": server.netloc or "@",
        "basePath": server.path or "/",
        "schemes": [server.scheme] if server.scheme else ["https", "http"],
        "consumes": [JSON_TYPE],
        "produces": [JSON_TYPE],
        "securityDefinitions": {
            "key": {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "description": "Bearer phk_…: the word, a space, and an API key.",
            }
        },
        "security": [{"key": []}],
        "paths": operations,
        "definitions": definitions,
        "responses": {name: _response(part) for name, part in parts["responses"].items()},
    }


def _path(methods: JSON) -> JSON:
    return {method: _operation(told) for method, told in methods.items()}


def _operation(told: JSON) -> JSON:
    parameters = [_parameter(each) for each in told.get("parameters", ())]
    made: JSON = {
        "operationId": told["operationId"],
        "summary": told["summary"],
        "description": told["description"],
        "tags": told["tags"],
        "parameters": parameters,
        "responses": {status: _response(each) for status, each in told["responses"].items()},
    }
    for kind, content in told.get("requestBody", {}).get("content", {}).items():
        if kind != JSON_TYPE:
            made["consumes"] = [*made.get("consumes", ()), kind]
        elif not any(each["in"] == "body" for each in parameters):
            parameters.append(
                {"name": "body", "in": "body", "required": True, "schema": _schema(content["schema"])}
            )
    if "security" in told:
        made["security"] = [{"key": []}] if told["security"] else []
    return made


def _parameter(told: JSON) -> JSON:
    schema = _schema(told["schema"])
    made = {key: schema[key] for key in TEXT if key in schema} | {"name": told["name"], "in": told["in"]}
    made.setdefault("type", "string")
    made["required"] = told.get("required", False)
    made["x-ms-summary"] = schema.get("title") or told["name"].replace("_", " ").title()
    if told.get("description"):
        made["description"] = told["description"]
    return made


def _response(told: JSON) -> JSON:
    if "$ref" in told:
        return {"$ref": told["$ref"].replace("#/components/responses/", "#/responses/")}
    made: JSON = {"description": told["description"]}
    for kind, content in told.get("content", {}).items():
        if kind.endswith("json"):
            made["schema"] = _schema(content["schema"])
    if "headers" in told:
        made["headers"] = {
            name: {"type": "string", "description": header.get("description", "")}
            for name, header in told["headers"].items()
        }
    return made


def _schema(told: Any) -> JSON:
    """Return a schema in the words of Swagger 2.0."""
    if not isinstance(told, dict):
        return {}
    if "$ref" in told:
        reference = {"$ref": told["$ref"].replace("#/components/schemas/", "#/definitions/")}
        beside = {key: told[key] for key in ("title", "description", "default") if key in told}
        return {"allOf": [reference], **beside} if beside else reference
    made = {key: value for key, value in told.items() if key in KEPT and (key != "required" or value)}
    _type(told, made)
    if "const" in told:
        made["enum"] = [told["const"]]
    if "exclusiveMinimum" in told:
        made |= {"minimum": told["exclusiveMinimum"], "exclusiveMinimum": True}
    if "properties" in told:
        made["properties"] = {name: _property(name, part) for name, part in told["properties"].items()}
    if made.get("type") == "array":
        made["items"] = _schema(told.get("items", {}))
    if isinstance(told.get("additionalProperties"), dict):
        made["additionalProperties"] = _schema(told["additionalProperties"])
    if "allOf" in told:
        made["allOf"] = [_schema(part) for part in told["allOf"]]
    return made


def _type(told: JSON, made: JSON) -> None:
    """Say which type it is: one, or none at all where there are several, and whether it may be null."""
    kinds = told.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "null" in kinds:
        made["x-nullable"] = True
        if "enum" in made:
            made["enum"] = [value for value in made["enum"] if value is not None]
    only = [kind for kind in kinds if kind != "null"]
    if len(only) == 1:
        made["type"] = only[0]


def _property(name: str, told: Any) -> JSON:
    made = _schema(told)
    made.setdefault("x-ms-summary", made.get("title") or name.replace("_", " ").title())
    return made
