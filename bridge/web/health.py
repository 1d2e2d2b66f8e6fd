"""The health: /healthz for whoever restarts us, /readyz for whoever sends us work, /metrics for Prometheus."""

from __future__ import annotations

from flask import Blueprint, Response
from prometheus_client import CONTENT_TYPE_LATEST

from bridge import errors, vitals
from bridge.plugin import JSON
from bridge.web import metrics
from bridge.web.door import Call, here, operation

room = Blueprint("health", __name__)


@operation(room, "GET /healthz", "public", answer="health")
def get_health(_call: Call) -> JSON:
    """Tell that this web process lives."""
    return {"status": "ok"}


@operation(room, "GET /readyz", "public", answer="health")
def get_readiness(call: Call) -> JSON:
    """Tell whether the database, its migrations and a worker are there."""
    if lacking := vitals.lacks(call.runtime.database):
        raise errors.NotReady("; ".join(fault.message for fault in lacking), errors=lacking)
    return {"status": "ok"}


@operation(room, "GET /metrics", "public")
def get_metrics(_call: Call) -> Response:
    """Tell the figures, in Prometheus' text format."""
    return Response(metrics.text(here().metrics), content_type=CONTENT_TYPE_LATEST)
