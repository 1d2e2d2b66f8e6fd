"""Lists the backups of one index, or of the whole project."""

from __future__ import annotations

from actions.shared import restoring
from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return all of them."""
    found = restoring.backups(context, input.get("index"), include_deleted=input.get("include_deleted"))
    return {"backups": found}
