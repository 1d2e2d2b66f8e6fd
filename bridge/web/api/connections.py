"""`/v1/connections`: the Pinecone API keys that the bridge works with."""

from __future__ import annotations

from flask import Blueprint

from bridge import connecting
from bridge.models import Connection
from bridge.plugin import JSON
from bridge.web import paging
from bridge.web.door import Answer, Call, operation

room = Blueprint("connections", __name__)


@operation(room, "GET /v1/connections", "read", answer="connection", many=True, query="connection.list")
def list_connections(call: Call) -> JSON:
    """List the connections, newest first."""
    found = connecting.page(call.runtime, call.caller, cursor=call.cursor, limit=call.limit)
    return paging.listed(found, _shape)


@operation(
    room, "POST /v1/connections", "admin", answer="connection", body="connection.create", statuses=(201,)
)
def add_connection(call: Call) -> Answer:
    """Add a connection; what it shows is watched at once."""
    row = connecting.create(call.runtime, call.caller, host=call.body.pop("host", None), **call.body)
    return Answer(_shape(row), headers={"Location": f"/v1/connections/{row.id}"})


@operation(room, "GET /v1/connections/<connection>", "read", answer="connection")
def get_connection(call: Call, connection: str) -> JSON:
    """Get a connection, by its id or its name."""
    return _shape(connecting.get(call.runtime, call.caller, connection))


@operation(room, "PATCH /v1/connections/<connection>", "admin", answer="connection", body="connection.update")
def update_connection(call: Call, connection: str) -> JSON:
    """Give a connection another name or another Pinecone API key; its id stays.

    With another key its watches begin anew with a silent first look: it may be another project.
    """
    return _shape(connecting.update(call.runtime, call.caller, connection, **call.body))


@operation(room, "POST /v1/connections/<connection>/test", "read", answer="connection_test")
def test_connection(call: Call, connection: str) -> JSON:
    """Test a connection: ask Pinecone for its indexes.

    What goes wrong is answered as the error it is.
    """
    tested = connecting.test(call.runtime, call.caller, connection)
    if tested.problem is not None:
        raise tested.problem
    return {"ok": True, "index_count": tested.index_count, "project_count": tested.project_count}


@operation(room, "DELETE /v1/connections/<connection>", "admin", statuses=(204,))
def remove_connection(call: Call, connection: str) -> Answer:
    """Remove a connection, with its watches and the endpoints limited to it."""
    connecting.remove(call.runtime, call.caller, connection)
    return Answer(None)


def _shape(row: Connection) -> JSON:
    return {
        "id": row.id,
        "name": row.name,
        "host": row.host,
        "api_key_hint": row.api_key_hint,
        "has_service_account": row.sealed_client_id is not None,
        "is_default": row.is_default,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
