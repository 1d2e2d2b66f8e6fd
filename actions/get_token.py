"""Tests the connection's service account: a token is asked for, used once, and never shown."""

from __future__ import annotations

from bridge.plugin import JSON, Context


def run(context: Context, input: JSON) -> JSON:
    """Return whose token it is; a service account that is refused is an error."""
    [organization, *_] = context.admin.organizations.list()
    return {"organization_id": organization.id, "organization_name": organization.name}
