"""`/v1/resources`: what was last seen of each thing in Pinecone, and its timeline."""

from __future__ import annotations

from flask import Blueprint

from bridge import events, remembering
from bridge.models import ResourceRow
from bridge.plugin import JSON
from bridge.remembering import Moment
from bridge.web import paging
from bridge.web.door import Call, operation

room = Blueprint("resources", __name__)


@operation(room, "GET /v1/resources", "read", answer="resource", many=True, query="resource.list")
def list_resources(call: Call) -> JSON:
    """List what the watches have seen, the last one found first."""
    return paging.listed(remembering.page(call.runtime, call.caller, **_paged(call)), _shape)


@operation(room, "GET /v1/resources/<resource_id>", "read", answer="resource")
def get_resource(call: Call, resource_id: str) -> JSON:
    """Get a resource as it was last seen."""
    return _shape(remembering.get(call.runtime, call.caller, resource_id))


@operation(
    room,
    "GET /v1/resources/<resource_id>/timeline",
    "read",
    answer="moment",
    many=True,
    query="resource.timeline",
)
def list_timeline(call: Call, resource_id: str) -> JSON:
    """List what was told of a resource, newest first, each with what had changed since the event before."""
    found = remembering.timeline(call.runtime, call.caller, resource_id, cursor=call.cursor, limit=call.limit)
    return paging.listed(found, _moment)


def _paged(call: Call) -> JSON:
    return {"cursor": None, **call.query}


def _moment(moment: Moment) -> JSON:
    return {"event": events.wire(moment.event), "changes": moment.changes}


def _shape(row: ResourceRow) -> JSON:
    return {
        "id": row.id,
        "connection": row.connection_id,
        "trigger": row.kind,
        "watch": row.watch_id or None,
        "key": row.key,
        "life": row.life,
        "status": row.status,
        "version": row.version,
        "first_seen_at": row.created_at,
        "changed_at": row.updated_at,
        "missing_since_at": row.missing_since_at,
        "deleted_at": row.deleted_at,
        "data": row.body,
    }
