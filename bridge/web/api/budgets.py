"""`/v1/connections/<connection>/budget`: how many calls to Pinecone the watches of a connection may make."""

from __future__ import annotations

from flask import Blueprint

from bridge import budgeting
from bridge.budgeting import Left
from bridge.plugin import JSON
from bridge.web.door import Call, operation

room = Blueprint("budgets", __name__)
PATH = "/v1/connections/<connection>/budget"


@operation(room, f"GET {PATH}", "read", answer="budget")
def get_budget(call: Call, connection: str) -> JSON:
    """Get how many calls to Pinecone the watches of a connection may make in a minute, and have made."""
    return _shape(budgeting.get(call.runtime, call.caller, connection))


@operation(room, f"PATCH {PATH}", "admin", answer="budget", body="budget.update")
def update_budget(call: Call, connection: str) -> JSON:
    """Give a connection a limit of its own, or with null the installation's again."""
    return _shape(budgeting.update(call.runtime, call.caller, connection, **call.body))


def _shape(budget: Left) -> JSON:
    return {
        "connection": budget.connection_id,
        "calls_per_minute": budget.calls_per_minute,
        "own": budget.own,
        "calls_left": budget.left,
        "call_count": budget.call_count,
    }
