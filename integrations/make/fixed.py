"""What the Make app has whatever the actions are: base, connection, webhook, RPCs, trigger, and the call of any route.

Formats: developers.make.com/custom-apps-documentation (app components, block elements).
"""

from __future__ import annotations

from integrations.make.forms import interface
from integrations.schemas import JSON

FAULTS = "{{join(map(ifempty(body.errors, emptyarray), 'message'), ' · ')}}"
WHERE = "{{join(map(ifempty(body.errors, emptyarray), 'pointer'), ', ')}}"
TOLD = f"[{{{{statusCode}}}}] {{{{ifempty(body.detail, body.title)}}}} {WHERE} {FAULTS}"
"""A problem (RFC 9457) as one sentence: what is wrong, in which fields, and what would be right."""
ERRORS = {
    "message": TOLD,
    "type": "RuntimeError",
    "400": {"message": TOLD, "type": "DataError"},
    "401": {"message": TOLD, "type": "InvalidAccessTokenError"},
    "403": {"message": TOLD, "type": "InvalidConfigurationError"},
    "404": {"message": TOLD, "type": "DataError"},
    "409": {"message": TOLD, "type": "DataError"},
    "422": {"message": TOLD, "type": "DataError"},
    "429": {"message": TOLD, "type": "RateLimitError"},
    "500": {"message": TOLD, "type": "ConnectionError"},
    "502": {"message": TOLD, "type": "ConnectionError"},
    "503": {"message": TOLD, "type": "ConnectionError"},
    "504": {"message": TOLD, "type": "ConnectionError"},
}
"""What a refusal is to Make: a lost connection is tried again, too many requests wait, wrong data does not."""
HIDDEN = ["request.headers.authorization"]
BASE: JSON = {
    "baseUrl": "{{connection.url}}",
    "headers": {"authorization": "Bearer {{connection.api_key}}", "accept": "application/json"},
    "response": {"error": ERRORS},
    "log": {"sanitize": HIDDEN},
}
CONNECTION: JSON = {
    "entry": {"label": "Pinehook", "connectionType": "basic"},
    "files": {
        "communication": {
            "url": "{{parameters.url}}/v1/me",
            "method": "GET",
            "headers": {"authorization": "Bearer {{parameters.api_key}}", "accept": "application/json"},
            "response": {
                "valid": {
                    "condition": "{{if(body.label, true, false)}}",
                    "message": "There is no Pinehook at this URL.",
                    "type": "InvalidConfigurationError",
                },
                "metadata": {"type": "text", "value": "{{body.label}}"},
                "error": ERRORS,
            },
            "log": {"sanitize": HIDDEN},
        },
        "params": [
            {
                "name": "url",
                "type": "url",
                "label": "URL",
                "help": "Where your Pinehook is, without a slash at the end: https://pinehook.example.com. Make must be able to reach it.",
                "required": True,
                "validate": {"pattern": "^https?://[^\\s?#]*[^\\s?#/]$"},
            },
            {
                "name": "api_key",
                "type": "password",
                "label": "API key",
                "help": "A Pinehook API key (phk_…), not a Pinecone one. The scopes read and write are enough for all but deletions and administration.",
                "required": True,
            },
        ],
    },
}
CONNECTION_FIELD: JSON = {
    "name": "connection",
    "type": "select",
    "label": "Pinecone connection",
    "help": "Which of the connections that your Pinehook has to Pinecone. Left out, the default one.",
    "required": False,
    "advanced": True,
    "options": "rpc://listConnections",
}
LIMIT: JSON = {
    "name": "limit",
    "type": "uinteger",
    "label": "Limit",
    "help": "How many bundles the module gives at most.",
    "required": False,
    "default": 100,
}
TOKEN = "{{sha256(webhook.url, 'hex', connection.api_key)}}"  # noqa: S105 - how it is made
"""What each message carries and the webhook asks for: an HMAC that only whoever has the API key can make.

A signature over the raw body cannot be verified in Make, which shows a webhook the parsed body only.
"""
WEBHOOK: JSON = {
    "entry": {"label": "Events", "webhookType": "web", "connection": "pinehook"},
    "files": {
        "communication": {
            "condition": "{{if(data.token, headers.`x-pinehook-token` == data.token, false)}}",
            "output": "{{body}}",
            "respond": {"status": 200, "type": "json", "body": {"taken": True}},
        },
        "params": [
            {
                "name": "event_types",
                "type": "select",
                "label": "Event types",
                "help": "What starts the scenario.",
                "required": True,
                "multiple": True,
                "options": "rpc://listEventTypes",
            },
            {**CONNECTION_FIELD, "help": "Only what is seen through this connection. Left out, through any."},
            {
                "name": "keys",
                "type": "array",
                "label": "Names",
                "help": "Only what has one of these names. A * stands for anything: prod-*.",
                "required": False,
                "advanced": True,
                "spec": {"type": "text"},
            },
        ],
        "attach": {
            "url": "/v1/endpoints",
            "method": "POST",
            "body": {
                "url": "{{webhook.url}}",
                "event_types": "{{parameters.event_types}}",
                "connection": "{{parameters.connection}}",
                "keys": "{{if(length(ifempty(parameters.keys, emptyarray)) > 0, parameters.keys)}}",
                "description": "Make",
                "headers": {"X-Pinehook-Token": TOKEN},
            },
            "response": {"data": {"externalHookId": "{{body.id}}", "token": TOKEN}},
            "log": {"sanitize": [*HIDDEN, "request.body.headers", "response.body.secret"]},
        },
        "detach": {"url": "/v1/endpoints/{{webhook.externalHookId}}", "method": "DELETE"},
    },
}
RPCS = {
    "listConnections": ("List connections", "connections"),
    "listIndexes": ("List indexes", "indexes"),
    "listBackups": ("List backups", "backups"),
    "listModels": ("List models", "models"),
    "listEventTypes": ("List event types", "event-types"),
}
API_CALL: JSON = {
    "group": "other",
    "entry": {
        "label": "Make an API Call",
        "description": "Performs an arbitrary authorized API call.",
        "connection": "pinehook",
        "moduleType": "universal",
    },
    "files": {
        "communication": {
            "url": "/v1/{{parameters.path}}",
            "method": "{{parameters.method}}",
            "qs": {"{{...}}": "{{toCollection(ifempty(parameters.qs, emptyarray), 'key', 'value')}}"},
            "headers": {"content-type": "application/json"},
            "type": "text",
            "body": "{{parameters.body}}",
            "response": {"output": {"body": "{{body}}", "headers": "{{headers}}", "statusCode": "{{statusCode}}"}},
        },
        "mappableParams": [
            {"name": "path", "type": "text", "label": "Path", "help": "What follows /v1/, such as watches.", "required": True},
            {
                "name": "method", "type": "select", "label": "Method", "required": True, "default": "GET",
                "options": [{"label": each, "value": each} for each in ("GET", "POST", "PATCH", "DELETE")],
            },
            {
                "name": "qs", "type": "array", "label": "Query string", "required": False,
                "spec": [
                    {"name": "key", "type": "text", "label": "Key", "required": True},
                    {"name": "value", "type": "text", "label": "Value"},
                ],
            },
            {"name": "body", "type": "text", "label": "Body", "multiline": True, "help": "Written as JSON.", "required": False},
        ],
        "interface": [
            {"name": "body", "type": "any", "label": "Body"},
            {"name": "headers", "type": "collection", "label": "Headers"},
            {"name": "statusCode", "type": "integer", "label": "Status code"},
        ],
        "samples": {"body": {"data": [], "next_cursor": None}, "headers": {}, "statusCode": 200},
    },
}  # fmt: skip


def rpc(name: str) -> JSON:
    """Return the component that lists what can be chosen, from /v1/options."""
    label, source = RPCS[name]
    return {
        "entry": {"label": label, "connection": "pinehook"},
        "files": {
            "communication": {
                "url": f"/v1/options/{source}",
                "method": "GET",
                "qs": {"connection": "{{parameters.connection}}"},
                "response": {
                    "iterate": "{{body.data}}",
                    "output": {"label": "{{item.name}}", "value": "{{item.id}}"},
                },
            },
            "params": [
                {"name": "connection", "type": "text", "label": "Pinecone connection", "required": False}
            ],
        },
    }


def trigger(example: JSON, told: list[JSON]) -> JSON:
    """Return the module that starts a scenario: an event of the types its webhook asks for."""
    return {
        "group": "events",
        "entry": {
            "label": "Watch Events",
            "description": "Triggers when something happens in Pinecone: an index is ready, a restore is done, and whatever else your Pinehook watches.",
            "moduleType": "instant_trigger",
            "connection": None,
            "webhook": "events",
        },
        "files": {"communication": {}, "staticParams": [], "interface": told, "samples": example},
    }


def run(schema: JSON) -> JSON:
    """Return the module that asks how a run in the background is doing."""
    field = {"name": "run", "type": "text", "label": "Run", "help": "Its id: run_….", "required": True}
    sample = {"id": "run_019abcdef01270008000000000000009", "action": "upsert_rows", "state": "succeeded"}
    return {
        "group": "other",
        "entry": {
            "label": "Get a Run",
            "description": "Tells how a run is doing; waits up to 20 seconds for its end.",
            "connection": "pinehook",
            "moduleType": "action",
            "actionCrud": "read",
        },
        "files": {
            "communication": {
                "url": "/v1/runs/{{encodeURL(parameters.run)}}",
                "method": "GET",
                "qs": {"wait": 20},
                "response": {"output": "{{body}}"},
            },
            "mappableParams": [field],
            "interface": interface(schema),
            "samples": sample,
        },
    }


def manifest(components: JSON) -> JSON:
    """Return makecomapp.json: what the app is made of, and where it is deployed to, which is for you to say."""
    return {
        "fileVersion": 1,
        "generalCodeFiles": {
            "base": "general/base.iml.json",
            "common": None,
            "groups": "general/groups.json",
            "readme": None,
        },
        "components": components,
        "origins": [
            {
                "label": "Make",
                "baseUrl": "https://eu1.make.com/api",
                "appId": "pinehook",
                "appVersion": 1,
                "idMapping": {kind: [] for kind in components},
                "apikeyFile": ".secrets/apikey",
            }
        ],
    }
