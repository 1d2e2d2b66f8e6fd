"""`/v1/audit`: who did what, when, to what, how many and from where."""

from __future__ import annotations

from flask import Blueprint

from bridge import auditing
from bridge.models import Audit
from bridge.plugin import JSON
from bridge.web import paging
from bridge.web.door import Call, operation

room = Blueprint("audit", __name__)


@operation(room, "GET /v1/audit", "admin", answer="audit", many=True, query="audit.list")
def list_audit(call: Call) -> JSON:
    """List who did what, newest first: one row for each write."""
    found = auditing.page(
        call.runtime.database,
        call.caller,
        cursor=call.cursor,
        limit=call.limit,
        subject=call.query.get("subject"),
    )
    return paging.listed(found, _shape)


def _shape(row: Audit) -> JSON:
    return {
        "id": row.id,
        "at": row.at,
        "api_key": row.api_key_id,
        "actor": row.actor,
        "remote": row.remote,
        "verb": row.verb,
        "subject": row.subject,
        "count": row.count,
        "outcome": row.outcome,
        "run": row.run_id,
    }
