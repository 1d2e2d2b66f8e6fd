"""The API's rooms: one blueprint a noun, each view at most ten lines around a verb."""

from __future__ import annotations

from bridge.web.api import (
    actions,
    audit,
    budgets,
    connections,
    deliveries,
    endpoints,
    events,
    files,
    keys,
    me,
    options,
    resources,
    runs,
    search,
    triggers,
    watches,
    workspaces,
)

ROOMS = tuple(
    module.room
    for module in (
        me,
        actions,
        search,
        runs,
        connections,
        budgets,
        triggers,
        watches,
        resources,
        endpoints,
        events,
        deliveries,
        files,
        keys,
        audit,
        options,
        workspaces,
    )
)
