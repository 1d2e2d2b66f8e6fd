"""The traffic: gives every request its id, and at its end one log line and its place in the metrics."""

from __future__ import annotations

import re
from typing import Final

import structlog
from flask import Flask, Response, g, request

from bridge import clock, models
from bridge.web import reading
from bridge.web.metrics import Counts

HEADER: Final = "X-Request-Id"
WELL_FORMED: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")
UNSEEN: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked for every few seconds by machines: logged only when they fail."""

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "DELETE"})
"""The methods that are counted by name: a caller can make up any number of others."""

log = structlog.get_logger(__name__)


def register(app: Flask, counts: Counts) -> None:
    """Follow every request of an application."""

    def begin() -> None:
        g.started = clock.monotonic()
        given = request.headers.get(HEADER, "")
        g.request_id = given if WELL_FORMED.fullmatch(given) else models.new_id("req")
        # Threads are used again: nothing of the request before may stand in this one's lines.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    def end(response: Response) -> Response:
        seconds = clock.monotonic() - g.started
        route = request.url_rule.rule if request.url_rule else "(none)"
        method = request.method if request.method in METHODS else "other"
        counts.requests.labels(method, route, str(response.status_code)).inc()
        counts.seconds.labels(method, route).observe(seconds)
        response.headers[HEADER] = g.request_id
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers.setdefault("Cache-Control", "no-store")
        if request.path not in UNSEEN or response.status_code >= 400:  # noqa: PLR2004 - a failure
            # The path alone: whoever puts a secret into the query shall not find it in the log.
            log.info("request", method=request.method, path=reading.path(), status=response.status_code,
                     code=g.get("code"), seconds=round(seconds, 4))  # fmt: skip
        return response

    app.before_request(begin)
    app.after_request(end)
