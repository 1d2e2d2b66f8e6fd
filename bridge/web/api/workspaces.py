"""`/v1/chat/workspaces`: where people chat, and what the bridge may be asked there."""

from __future__ import annotations

from flask import Blueprint

from bridge import workspaces
from bridge.models import Workspace
from bridge.plugin import JSON
from bridge.web import paging
from bridge.web.door import Answer, Call, operation

room = Blueprint("workspaces", __name__)


@operation(room, "GET /v1/chat/workspaces", "admin", answer="workspace", many=True, query="workspace.list")
def list_workspaces(call: Call) -> JSON:
    """List the workspaces of chats, newest first."""
    found = workspaces.page(call.runtime, call.caller, cursor=call.cursor, limit=call.limit)
    return paging.listed(found, _shape)


@operation(
    room, "POST /v1/chat/workspaces", "admin", answer="workspace", body="workspace.create", statuses=(201,)
)
def create_workspace(call: Call) -> Answer:
    """Let the people of a chat ask the bridge; its secret is not shown again."""
    row = workspaces.create(call.runtime, call.caller, **call.body)
    return Answer(_shape(row), headers={"Location": f"/v1/chat/workspaces/{row.id}"})


@operation(room, "GET /v1/chat/workspaces/<workspace_id>", "admin", answer="workspace")
def get_workspace(call: Call, workspace_id: str) -> JSON:
    """Get a workspace; its secret is masked."""
    return _shape(workspaces.get(call.runtime, call.caller, workspace_id))


@operation(
    room, "PATCH /v1/chat/workspaces/<workspace_id>", "admin", answer="workspace", body="workspace.update"
)
def update_workspace(call: Call, workspace_id: str) -> JSON:
    """Change what may be asked in a workspace, or its secret."""
    return _shape(workspaces.update(call.runtime, call.caller, workspace_id, **call.body))


@operation(room, "DELETE /v1/chat/workspaces/<workspace_id>", "admin", statuses=(204,))
def remove_workspace(call: Call, workspace_id: str) -> Answer:
    """Remove a workspace: whoever asks there is not known any more."""
    workspaces.remove(call.runtime, call.caller, workspace_id)
    return Answer(None)


def _shape(row: Workspace) -> JSON:
    return {
        "id": row.id,
        "platform": row.platform,
        "external_id": row.external_id,
        "name": row.name,
        "secret_hint": row.secret_hint,
        "has_bot_token": row.sealed_token is not None,
        "connection": row.connection_id,
        "index": row.index_name,
        "namespace": row.namespace,
        "embed": row.embed,
        "commands": row.commands,
        "scopes": row.scopes,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }
