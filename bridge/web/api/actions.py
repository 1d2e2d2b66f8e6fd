"""`/v1/actions`: what can be asked of Pinecone, how, and the asking itself."""

from __future__ import annotations

from flask import Blueprint

from bridge import errors, running
from bridge.plugin import JSON
from bridge.registry import ActionPlugin
from bridge.web import paging
from bridge.web.door import Answer, Call, operation

room = Blueprint("actions", __name__)


@operation(room, "GET /v1/actions", "any", answer="action", many=True)
def list_actions(call: Call) -> JSON:
    """List the actions, by name."""
    return paging.whole(call.runtime.registry.actions.values(), _short)


@operation(room, "GET /v1/actions/<name>", "any", answer="action_details")
def describe_action(call: Call, name: str) -> JSON:
    """Describe an action: the schemas of its input and output, and examples."""
    action = call.runtime.registry.actions.get(name)
    if action is None:
        raise errors.UnknownAction(f"there is no action {name!r}; GET /v1/actions lists them")
    schemas = {"input": action.input.bundled, "output": action.output.bundled}
    return {**_short(action), **schemas, "examples": action.examples}


@operation(room, "POST /v1/actions/<name>", "any", body="(its own)", query="action.run")
def run_action(call: Call, name: str) -> Answer:
    """Run an action on a connection; the action names the scope it needs."""
    ran = running.run(call.runtime, call.caller, name, call.body, connection=call.query.get("connection"))
    return Answer(ran.output, headers={"Pinehook-Run-Id": ran.run_id} if ran.run_id else {})


def _short(action: ActionPlugin) -> JSON:
    return {
        "name": action.name,
        "title": action.title,
        "description": action.description,
        "effect": action.effect,
        "scope": action.scope,
        "long": action.long,
    }
