"""`/v1/options`: what there is to choose from, for forms."""

from __future__ import annotations

from flask import Blueprint

from bridge import offering
from bridge.plugin import JSON
from bridge.web import paging
from bridge.web.door import Call, operation

room = Blueprint("options", __name__)


@operation(room, "GET /v1/options/<source>", "read", answer="option", many=True, query="option.list")
def list_options(call: Call, source: str) -> JSON:
    """List what can be chosen: connections, indexes, namespaces, backups, models or event-types."""
    found = offering.offer(call.runtime, call.caller, source, **call.query)
    return paging.whole(found, lambda each: {"id": each.id, "name": each.name})
