"""Owns the WSGI application: versions, keys, faults and errors around the doors of `routes/`."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any

import orjson
from flask import Flask, Response, g, request
from waitress.channel import ClientDisconnected
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from pinecone_emulator import due, limits, permissions
from pinecone_emulator.admin.callers import caller_of
from pinecone_emulator.admin.tokens import account_of
from pinecone_emulator.errors import (
    ApiError,
    InjectedError,
    InternalError,
    InvalidArgumentError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    UnauthenticatedError,
)
from pinecone_emulator.routes import (
    admin,
    backups,
    collections,
    control,
    control_state,
    imports,
    indexes,
    inference,
    oauth,
    people,
    records,
    schedules,
    unsupported,
    vectors,
)
from pinecone_emulator.routes.context import plane
from pinecone_emulator.versions import LATEST, OLDEST, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from pinecone_emulator.backend import Backend
    from pinecone_emulator.faults import Fault

log = logging.getLogger("pinecone_emulator")
CONTROL_PREFIX = "/_emulator/"
#: Set in the environment of a request whose connection is to be closed without an answer.
DROPPED = "pinecone_emulator.dropped"
#: Names requests. Not the one of `random` itself, which a test that the emulator runs in may have seeded.
NUMBERS = random.Random()  # noqa: S311 - they are no secret


class _Application(Flask):
    # These stand in for functions that Flask would look up and call for each request, a tenth of what one costs.
    # So none that a room registers to run before or after a request would be called, and there are no sessions.

    def preprocess_request(self) -> None:
        """Settle what is due and let the request in, or raise why not."""
        running: Backend = self.extensions["pinecone_emulator"]
        method, path, environ = request.method, request.path, request.environ
        if path.startswith(CONTROL_PREFIX):
            g.version = LATEST
            g.project_id, _ = running.projects.of_key(environ.get("HTTP_API_KEY"))
            due.settle(running)
            return
        version = g.version = version_of(environ.get("HTTP_X_PINECONE_API_VERSION"))
        unsupported.refuse_plane(method, path)
        asked = plane()
        if asked == "admin":
            g.caller = caller_of(running, account_of(running, environ.get("HTTP_AUTHORIZATION")))
        elif asked != "oauth":
            g.project_id, roles = running.projects.of_key(environ.get("HTTP_API_KEY"))
            rule = request.url_rule
            if rule is not None:
                permissions.check(roles, permissions.needed(method, rule.rule))
        due.settle(running)
        fault = running.faults.take(method, path)
        if fault is not None:
            _suffer(fault)
        # In such a version a room as a whole may be absent.
        if request.blueprint in version.absent:
            raise NotFoundError("There is no such operation.")

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return a door as it is: none is a coroutine."""
        return func

    def process_response(self, response: Response) -> Response:
        """Name the request and its version."""
        response.headers.add("x-pinecone-request-id", str(NUMBERS.getrandbits(63)))
        response.headers.add("x-pinecone-api-version", getattr(g, "version", OLDEST).date)
        return response

    def wsgi_app(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request, or drop its connection."""
        body = super().wsgi_app(environ, start_response)
        if environ.get(DROPPED):
            # The one way to have waitress close a connection without a word; so far nothing was sent.
            raise ClientDisconnected
        return body


def create_app(running: Backend) -> Flask:
    """Return the application that serves this backend; it holds no state of its own."""
    app = _Application("pinecone_emulator", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = limits.BODY_BYTES
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["pinecone_emulator"] = running
    rooms = [
        indexes,
        backups,
        schedules,
        collections,
        vectors,
        imports,
        records,
        inference,
        admin,
        people,
        oauth,
        unsupported,
    ]
    for room in rooms:
        app.register_blueprint(room.doors)
    if running.settings.control_is_on:
        app.register_blueprint(control.doors)
        app.register_blueprint(control_state.doors)
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _not_routed)
    app.register_error_handler(Exception, _broken)
    return app


def _suffer(fault: Fault) -> None:
    if fault.latency:
        time.sleep(fault.latency)
    if fault.drop is not None:
        request.environ[DROPPED] = True
    if fault.drop == "before":
        raise InjectedError(503, fault.message, None)
    if fault.status is not None:
        raise InjectedError(fault.status, fault.message, fault.retry_after)


def _refused(error: ApiError) -> Response:
    body = getattr(g, "version", OLDEST).error(error, plane())
    if isinstance(body, str):
        response = Response(body, error.status, mimetype="text/plain")
    else:
        response = Response(orjson.dumps(body), error.status, mimetype="application/json")
    if isinstance(error, InjectedError) and error.retry_after is not None:
        response.headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, UnauthenticatedError):
        response.headers["WWW-Authenticate"] = "Bearer" if plane() == "admin" else "Api-Key"
    return response


def _not_routed(error: HTTPException) -> Response:
    if isinstance(error, RequestEntityTooLarge):
        return _refused(PayloadTooLargeError(f"The request body exceeds {limits.BODY_BYTES} bytes."))
    if error.code == 405:  # noqa: PLR2004 - HTTP's own number
        return _refused(MethodNotAllowedError(f"The method {request.method} is not allowed here."))
    if error.code == 404:  # noqa: PLR2004 - HTTP's own number
        return _refused(NotFoundError("There is no such operation."))
    return _refused(InvalidArgumentError(error.description or error.name))


def _broken(error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return _refused(InternalError("Internal server error"))
