"""Changes a backup schedule: how often it runs, how long it keeps, whether it runs at all."""

from __future__ import annotations

from actions import refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context

FIELDS = ("frequency", "retention_days", "enabled")


def run(context: Context, input: JSON) -> JSON:
    """Send only what is given: Pinecone leaves the rest as it is."""
    changes = {name: input[name] for name in FIELDS if name in input}
    if not changes:
        refuse([Fault("", f"changes nothing: give one of {', '.join(FIELDS)}")])
    schedule = context.pinecone.backup_schedules.update(schedule_id=input["schedule_id"], **changes)
    return schedule.to_dict()
