"""The OpenAPI document (3.1): every action, every route and every webhook, built from what they declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

import orjson
from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.http import generate_etag

import bridge
from bridge import contract, registry
from bridge.plugin import JSON
from bridge.registry import ActionPlugin, EventType, Registry
from bridge.web import door
from bridge.web.door import CSV_TYPE, JSON_TYPE, Call, Operation, operation
from bridge.web.excerpt import chosen
from bridge.web.problems import CONTENT_TYPE

room = Blueprint("openapi", __name__)

MAX_TEXT: Final = 300
"""Longer descriptions of operations are refused by some who read this document."""

PROBLEM: Final = {"$ref": "#/components/responses/problem"}
STATUS_TEXT: Final = {
    200: "Done.",
    201: "Made.",
    202: "Begun: it runs in the background.",
    204: "Done; there is nothing to tell.",
}
CSV: Final = {CSV_TYPE: {"schema": {"type": "string"}}}
LOCATION: Final = {"description": "Where it is.", "schema": {"type": "string"}}
HEADERS: Final = [
    {
        "name": "Prefer",
        "in": "header",
        "required": False,
        "description": "respond-async: answer at once with a run in the background.",
        "schema": {"type": "string"},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "The same key and body within a day get the first answer again; nothing is done twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
]
"""What every action takes beside its input."""
etag = lru_cache(maxsize=4)(generate_etag)
"""What tells a body from others: of 300 KB not at every request."""
ABOUT: Final = """\
Watches a Pinecone project, tells what happens in it by signed webhooks, and does in it what is asked.
Lists answer {"data": [...], "next_cursor": ...}, newest first. Errors are problems (RFC 9457) with a code.
Moments are ISO 8601 in UTC. A list that finds nothing is empty, never an error."""


@operation(room, "GET /openapi.json", "public", query="openapi.get")
def get_openapi(call: Call) -> Response:
    """Get this document, or an excerpt of it."""
    body = chosen(current_app.extensions["pinehook.openapi"], call.query.get("actions"))
    response = Response(body, content_type=JSON_TYPE)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(etag(body))
    response.make_conditional(request)
    return response


def keep(app: Flask, url: str | None) -> None:
    """Build the document once, when every route is there. url: where the API is; None = where the document is."""
    app.extensions["pinehook.openapi"] = written(tuple(door.operations(app)), url or "/")


@lru_cache(maxsize=4)
def written(operations: tuple[Operation, ...], url: str) -> bytes:
    """Return the document as JSON; written once in a process."""
    return orjson.dumps(document(registry.load(), operations, url))


def document(plugins: Registry, operations: Iterable[Operation], url: str) -> JSON:
    """Return the whole document."""
    parts = Parts(door.schemas())
    paths: dict[str, JSON] = {}
    for known in operations:
        if known.name != "run_action":
            path = re.sub(r"<(\w+)>", r"{\1}", known.path)
            paths.setdefault(path, {})[known.method.lower()] = _route(known, parts)
    for action in plugins.actions.values():
        run = _action(action, parts)
        paths.setdefault(f"/v1/actions/{action.name}", {})["post"] = run
    webhooks = {known.name: {"post": _webhook(known, parts)} for known in plugins.event_types.values()}
    problem = {
        "description": "It was not done.",
        "content": {CONTENT_TYPE: {"schema": parts.ref("problem")}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pinehook", "version": bridge.__version__, "description": ABOUT},
        "servers": [{"url": url}],
        "security": [{"key": []}],
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "An API key: phk_…"}
            },
            "responses": {"problem": problem},
            "schemas": dict(sorted(parts.schemas.items())),
        },
    }


class Parts:
    """The document's shared schemas, gathered from the `$defs` of whatever is put in."""

    def __init__(self, shared: Mapping[str, JSON]) -> None:
        self._shared = shared
        self.schemas: dict[str, JSON] = {}

    def put(self, owner: str, bundled: JSON) -> JSON:
        """Return a bundled schema with its parts moved here; parts that are its own get its name."""
        whole = {key: value for key, value in bundled.items() if key not in ("$schema", "$defs")}
        own = bundled.get("$defs", {})
        names = {name: name if name in self._shared else f"{owner}.{name}" for name in own}
        for name, schema in own.items():
            self.schemas[names[name]] = _pointed(schema, names)
        pointed: JSON = _pointed(whole, names)
        return pointed

    def inline(self, name: str) -> JSON:
        """Return a shared schema with its parts moved here."""
        return self.put(name, contract.bundle(self._shared[name], self._shared))

    def ref(self, name: str) -> JSON:
        """Put in a shared schema under its own name; return the reference to it."""
        if name not in self.schemas:
            self.schemas[name] = self.inline(name)
        return {"$ref": f"#/components/schemas/{name}"}


def _pointed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_pointed(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/$defs/"):
        name = names[reference.removeprefix("#/$defs/")]
        node = {**node, "$ref": f"#/components/schemas/{name}"}
    return {key: _pointed(value, names) for key, value in node.items()}


def _route(known: Operation, parts: Parts) -> JSON:
    described: JSON = {
        "operationId": known.name,
        "tags": [known.tag],
        "summary": known.summary,
        "description": _short(f"{known.summary}. {known.description}".strip()),
        "x-openai-isConsequential": known.method != "GET",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"<(\w+)>", known.path)
        ],
        "responses": {str(status): _success(known, status, parts) for status in known.statuses},
    }
    if known.query:
        described["parameters"] += _parameters(known.query, parts)
    if known.body:
        content = {JSON_TYPE: {"schema": parts.ref(known.body)}}
        described["requestBody"] = {"required": True, "content": content}
    if known.need == "public":
        described["security"] = []
    elif known.need != "any":
        described["security"] = [{"key": [known.need]}]
    described["responses"]["default"] = PROBLEM
    return described


def _success(known: Operation, status: int, parts: Parts) -> JSON:
    success: JSON = {"description": STATUS_TEXT[status]}
    if known.answer:
        schema = parts.ref(known.answer)
        if known.many:
            page = {"data": {"type": "array", "items": schema}, "next_cursor": {"type": ["string", "null"]}}
            schema = {"type": "object", "properties": page, "required": list(page)}
        success["content"] = {
            JSON_TYPE: {"schema": schema},
            **(CSV if known.csv and status == known.statuses[0] else {}),
        }
    if status in (201, 202):
        success["headers"] = {"Location": LOCATION}
    return success


def _parameters(name: str, parts: Parts) -> list[JSON]:
    schema = parts.inline(name)
    listed = []
    for parameter, part in schema["properties"].items():
        shared = parts.schemas.get(part.get("$ref", "").rpartition("/")[2], {})
        text = part.get("description") or shared.get("description", "")
        required = parameter in schema.get("required", [])
        listed.append(
            {"name": parameter, "in": "query", "required": required, "description": text, "schema": part}
        )
    return listed


def _action(action: ActionPlugin, parts: Parts) -> JSON:
    given = parts.put(action.name, action.input.bundled)
    callback = parts.inline("action.callback")["properties"]
    schema = {**given, "properties": {**given.get("properties", {}), **callback}}
    inputs = {"schema": schema, "examples": _examples(action, "input")}
    outputs = {
        "schema": parts.put(action.name, action.output.bundled),
        "examples": _examples(action, "output"),
    }
    run_id = {"description": "The run that tells of it; writes only.", "schema": {"type": "string"}}
    return {
        "operationId": action.name,
        "tags": ["run an action"],
        "summary": action.title,
        "description": _short(action.description),
        "x-openai-isConsequential": action.effect != "read",
        "x-pinehook-effect": action.effect,
        "security": [{"key": [action.scope]}],
        "parameters": [*_parameters("action.run", parts), *HEADERS],
        "requestBody": {"required": True, "content": {JSON_TYPE: inputs}},
        "responses": {
            "200": {
                "description": "Done.",
                "headers": {"Pinehook-Run-Id": run_id},
                "content": {JSON_TYPE: outputs, **CSV},
            },
            "202": {
                "description": STATUS_TEXT[202],
                "headers": {"Pinehook-Run-Id": run_id, "Location": LOCATION},
                "content": {JSON_TYPE: {"schema": parts.ref("run")}},
            },
            "default": PROBLEM,
        },
    }


def _examples(action: ActionPlugin, side: str) -> JSON:
    return {
        f"example-{number}": {"summary": example["title"], "value": example[side]}
        for number, example in enumerate(action.examples, 1)
    }


def _webhook(known: EventType, parts: Parts) -> JSON:
    schema = {
        "allOf": [
            parts.ref("event"),
            {
                "properties": {
                    "type": {"const": known.name},
                    "data": parts.put(known.name, known.data.bundled),
                }
            },
        ]
    }
    headers = {
        "webhook-id": "The event's id: the same at every attempt.",
        "webhook-timestamp": "When this attempt was signed, in seconds since 1970.",
        "webhook-signature": "v1,<base64>: HMAC-SHA256 of `id.timestamp.body` (Standard Webhooks).",
    }
    return {
        "operationId": "on_" + known.name.replace(".", "_"),
        "tags": ["webhooks"],
        "summary": known.title,
        "description": _short(known.description),
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
            }
            for name, text in headers.items()
        ],
        "requestBody": {
            "required": True,
            "content": {JSON_TYPE: {"schema": schema, "example": known.example}},
        },
        "responses": {"2XX": {"description": "Taken; anything else is tried again."}},
    }


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
