"""`/v1/me`: who asks, for whoever sets up a client."""

from __future__ import annotations

from flask import Blueprint

from bridge.access import SCOPES
from bridge.plugin import JSON
from bridge.web.door import Call, operation

room = Blueprint("me", __name__)


@operation(room, "GET /v1/me", "any", answer="me")
def get_me(call: Call) -> JSON:
    """Tell who you are: the API key, its scopes and limits."""
    caller = call.caller
    return {
        "id": caller.api_key_id,
        "name": caller.name,
        "label": f"Pinehook: {caller.name}",
        "scopes": [scope for scope in SCOPES if scope in caller.scopes],
        "connections": None if caller.connection_ids is None else sorted(caller.connection_ids),
        "indexes": None if caller.indexes is None else list(caller.indexes),
        "calls_per_minute": caller.calls_per_minute,
    }
