"""Changes a project: its name, its pods, its encryption."""

from __future__ import annotations

from actions import refuse
from bridge.errors import Fault
from bridge.plugin import JSON, Context

FIELDS = ("name", "max_pods", "force_encryption_with_cmek")


def run(context: Context, input: JSON) -> JSON:
    """Send only what is given: Pinecone leaves the rest as it is."""
    changes = {name: input[name] for name in FIELDS if name in input}
    if not changes:
        refuse([Fault("", f"changes nothing: give one of {', '.join(FIELDS)}")])
    return context.admin.projects.update(project_id=input["project_id"], **changes).to_dict()
