"""The web door: HTTP in, verbs called, JSON out. `create_app` builds it."""

from __future__ import annotations

import atexit
import threading

from flask import Flask

from bridge import affinity, logs, runtime
from bridge.config import Settings
from bridge.runtime import Runtime
from bridge.web import chat, cors, door, excerpt, health, metrics, openapi, problems, rates, swagger, traffic
from bridge.web.api import ROOMS
from bridge.web.door import Door
from bridge.web.rates import Rates


def create_app(settings: Settings, opened: Runtime | None = None) -> Flask:
    """Return the WSGI application of these settings.

    It opens a runtime and closes it when the process ends; one that is `opened` already stays the caller's.
    Raises SetupError.
    """
    if opened is None:
        logs.configure(settings)
        if settings.cpu_affinity:
            affinity.take_core()
        opened = runtime.start(settings)
        atexit.register(opened.close)
    counts = metrics.Counts()
    app = _routed()
    app.extensions["pinehook"] = Door(
        opened,
        door.requests(),
        metrics.collected(opened.database, counts),
        threading.BoundedSemaphore(settings.web_threads // 2),
        Rates(settings.key_calls_per_minute, opened.database),
    )
    traffic.register(app, counts)
    rates.register(app)
    cors.register(app, settings.cors_origins)
    problems.register(app)
    openapi.keep(app, settings.public_url)
    return app


def described(settings: Settings, *, actions: str | None, as_swagger: bool) -> bytes:
    """Return the document of the API without serving it: OpenAPI 3.1, or Swagger 2.0.

    actions: only these operations, separated by commas. Raises BadRequest.
    """
    app = _routed()
    openapi.keep(app, settings.public_url)
    told = excerpt.chosen(app.extensions["pinehook.openapi"], actions)
    return swagger.written(told) if as_swagger else told


def _routed() -> Flask:
    """Return an application that knows its routes, and has nothing to answer them with yet."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    for room in (*ROOMS, *chat.ROOMS, health.room, openapi.room, swagger.room):
        app.register_blueprint(room)
    return app
