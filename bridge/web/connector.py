"""The custom connector: what the Swagger document says to Power Automate alone, the x-ms-*.

Trigger, drop-downs, and what a form shows first, after learn.microsoft.com/connectors/custom-connectors/openapi-extensions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from bridge.plugin import JSON

TRIGGER: Final = "create_endpoint"
"""The operation by which Power Automate subscribes; it leaves by a DELETE of the Location it was answered."""
SUBSCRIPTION: Final = "endpoint.create"
WANTED: Final = ("url", "event_types", "keys", "connection")
"""What a flow says of the events it wants; the rest of an endpoint is for those who run it."""
CHOICES: Final = {
    "connection": "connections",
    "index": "indexes",
    "namespace": "namespaces",
    "namespaces": "namespaces",
    "backup_id": "backups",
    "model": "models",
    "event_types": "event-types",
}
"""Where a field's drop-down comes from, in /v1/options."""
OPTIONS: Final = "list_options"
CALLBACKS: Final = ("callback_url", "callback_format")


def equip(paths: JSON, definitions: JSON) -> None:
    """Add to the paths and definitions of a Swagger document what Power Automate reads there."""
    operations = {told["operationId"]: told for methods in paths.values() for told in methods.values()}
    for told in operations.values():
        for parameter in told["parameters"]:
            if parameter["in"] in ("header", "query") and not parameter["required"]:
                parameter["x-ms-visibility"] = "advanced"
    for properties, required in _bodies(operations.values(), definitions):
        _show(properties, required)
        if OPTIONS in operations:
            _choose(properties)
    if TRIGGER in operations:
        _subscribe(operations[TRIGGER], definitions[SUBSCRIPTION]["properties"])
        event = {"description": "An event.", "schema": {"$ref": "#/definitions/event"}}
        next(path for path in paths.values() if operations[TRIGGER] in path.values())[
            "x-ms-notification-content"
        ] = event


def _bodies(operations: Iterable[JSON], definitions: JSON) -> Iterator[tuple[JSON, list[str]]]:
    """Yield what each request's body has, and what of it is required."""
    for told in operations:
        for parameter in told["parameters"]:
            if parameter["in"] == "body":
                schema = parameter["schema"]
                whole = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
                yield whole.get("properties", {}), whole.get("required", [])


def _show(properties: JSON, required: list[str]) -> None:
    for name, part in properties.items():
        if name in required:
            part["x-ms-visibility"] = "important"
        elif name in CALLBACKS:
            part["x-ms-visibility"] = "advanced"


def _choose(properties: JSON) -> None:
    """Let fields be chosen from lists, in the older words and the newer: each version of the designer reads its own."""
    for name, part in properties.items():
        source = CHOICES.get(name)
        of_index = source == "namespaces"
        if source is None or (of_index and "index" not in properties):
            continue
        chosen = part["items"] if part.get("type") == "array" else part
        chosen["x-ms-dynamic-values"] = {
            "operationId": OPTIONS,
            "parameters": {"source": source, **({"index": {"parameter": "index"}} if of_index else {})},
            "value-collection": "data",
            "value-path": "id",
            "value-title": "name",
        }
        place = {"index": {"parameterReference": "body/index"}} if of_index else {}
        chosen["x-ms-dynamic-list"] = {
            "operationId": OPTIONS,
            "parameters": {"source": {"value": source}, **place},
            "itemsPath": "data",
            "itemValuePath": "id",
            "itemTitlePath": "name",
        }


def _subscribe(told: JSON, properties: JSON) -> None:
    """Make the making of an endpoint the trigger of a flow."""
    told["x-ms-trigger"] = "single"
    told["summary"] = "When something happens in Pinecone"
    told["description"] = "Triggers when an event of the chosen types happens; the flow is given the event."
    for name, part in properties.items():
        part["x-ms-visibility"] = "important" if name == "event_types" else "advanced"
        if name in WANTED and name != "event_types":
            del part["x-ms-visibility"]
    properties["url"] |= {"x-ms-notification-url": True, "x-ms-visibility": "internal"}
