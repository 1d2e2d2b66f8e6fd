"""Changes an API key: its name or its roles; its value stays."""

from __future__ import annotations

from actions import refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context

FIELDS = ("name", "roles")


def run(context: Context, input: JSON) -> JSON:
    """Send only what is given; roles replace those that are there."""
    changes = {name: input[name] for name in FIELDS if name in input}
    if not changes:
        refuse([Fault("", f"changes nothing: give one of {', '.join(FIELDS)}")])
    return context.admin.api_keys.update(api_key_id=input["api_key_id"], **changes).to_dict()
