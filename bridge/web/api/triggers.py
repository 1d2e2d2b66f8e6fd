"""`/v1/triggers`: what can be watched, and how."""

from __future__ import annotations

from flask import Blueprint

from bridge import errors
from bridge.plugin import JSON
from bridge.registry import TriggerPlugin
from bridge.web import paging
from bridge.web.door import Call, operation

room = Blueprint("triggers", __name__)


@operation(room, "GET /v1/triggers", "any", answer="trigger", many=True)
def list_triggers(call: Call) -> JSON:
    """List the triggers, by name, each with its event types and the schema of its options."""
    return paging.whole(call.runtime.registry.triggers.values(), _shape)


@operation(room, "GET /v1/triggers/<name>", "any", answer="trigger")
def describe_trigger(call: Call, name: str) -> JSON:
    """Describe a trigger: its event types, and the schema of a watch's options."""
    known = call.runtime.registry.triggers.get(name)
    if known is None:
        raise errors.NotFound(f"there is no trigger {name[:80]!r}; GET /v1/triggers lists them")
    return _shape(known)


def _shape(known: TriggerPlugin) -> JSON:
    return {
        "name": known.kind,
        "title": known.title,
        "description": known.description,
        "event_types": list(known.events),
        "options": known.options.bundled,
    }
