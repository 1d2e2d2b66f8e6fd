"""`/v1/keys`: the keys to this API."""

from __future__ import annotations

from flask import Blueprint

from bridge import keys
from bridge.models import ApiKey
from bridge.plugin import JSON
from bridge.web import paging, reading
from bridge.web.door import Answer, Call, operation

room = Blueprint("keys", __name__)


@operation(room, "GET /v1/keys", "admin", answer="key", many=True, query="key.list")
def list_keys(call: Call) -> JSON:
    """List the API keys that allow no connection beyond yours, newest first."""
    found = keys.page(call.runtime, call.caller, cursor=call.cursor, limit=call.limit)
    return paging.listed(found, _shape)


@operation(room, "POST /v1/keys", "admin", answer="key", body="key.create", statuses=(201,))
def create_key(call: Call) -> Answer:
    """Make an API key that allows no more than yours; it is shown this once."""
    expires_at = call.body.get("expires_at")
    row, key = keys.create(
        call.runtime,
        name=call.body["name"],
        scopes=call.body["scopes"],
        connection_ids=call.body.get("connections"),
        indexes=call.body.get("indexes"),
        calls_per_minute=call.body.get("calls_per_minute"),
        expires_at=reading.moment(expires_at, "/expires_at") if expires_at else None,
        caller=call.caller,
    )
    return Answer({**_shape(row), "key": key}, headers={"Location": f"/v1/keys/{row.id}"})


@operation(room, "GET /v1/keys/<key_id>", "admin", answer="key")
def get_key(call: Call, key_id: str) -> JSON:
    """Get an API key; the key itself is never shown again."""
    return _shape(keys.get(call.runtime, call.caller, key_id))


@operation(room, "DELETE /v1/keys/<key_id>", "admin", statuses=(204,))
def revoke_key(call: Call, key_id: str) -> Answer:
    """Revoke an API key: it opens nothing from now on, and stays in the list."""
    keys.revoke(call.runtime, call.caller, key_id)
    return Answer(None)


def _shape(row: ApiKey) -> JSON:
    return {
        "id": row.id,
        "name": row.name,
        "hint": row.hint,
        "scopes": row.scopes,
        "connections": row.connection_ids,
        "indexes": row.indexes,
        "calls_per_minute": row.calls_per_minute,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "last_used_at": row.last_used_at,
        "key": None,
    }
