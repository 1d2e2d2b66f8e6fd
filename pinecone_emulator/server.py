"""Owns the WSGI application: versions, keys, faults and errors around the doors of `routes/`."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING

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
from pinecone_emulator.routes.context import backend, plane
from pinecone_emulator.versions import LATEST, OLDEST, version_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from pinecone_emulator.backend import Backend

log = logging.getLogger("pinecone_emulator")
CONTROL_PREFIX = "/_emulator/"
#: Set in the environment of a request whose connection is to be closed without an answer.
DROPPED = "pinecone_emulator.dropped"


def create_app(running: Backend) -> Flask:
    """Return the application that serves this backend; it holds no state of its own."""
    app = Flask("pinecone_emulator", static_folder=None)
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
    app.before_request(_admit)
    app.after_request(_sign)
    app.register_error_handler(ApiError, _refused)
    app.register_error_handler(HTTPException, _not_routed)
    app.register_error_handler(Exception, _broken)
    app.wsgi_app = _dropping(app.wsgi_app)  # type: ignore[method-assign,assignment]
    return app


def _dropping(application: WSGIApplication) -> WSGIApplication:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = application(environ, start_response)
        if environ.get(DROPPED):
            # The one way to have waitress close a connection without a word; so far nothing was sent.
            raise ClientDisconnected
        return body

    return answer


def _admit() -> None:
    g.version = OLDEST
    if request.path.startswith(CONTROL_PREFIX):
        g.version = LATEST
        _open_project()
        due.settle(backend())
        return
    g.version = version_of(request.headers.get("X-Pinecone-Api-Version"))
    unsupported.refuse_plane(request.method, request.path)
    if plane() == "admin":
        account = account_of(backend(), request.headers.get("Authorization"))
        g.caller = caller_of(backend(), account)
    elif plane() != "oauth":
        roles = _open_project()
        if request.url_rule is not None:
            permissions.check(roles, permissions.needed(request.method, request.url_rule.rule))
    due.settle(backend())
    _suffer()


def _open_project() -> tuple[str, ...]:
    g.project_id, roles = backend().projects.of_key(request.headers.get("Api-Key"))
    return roles


def _suffer() -> None:
    fault = backend().faults.take(request.method, request.path)
    if fault is None:
        return
    if fault.latency:
        time.sleep(fault.latency)
    if fault.drop is not None:
        request.environ[DROPPED] = True
    if fault.drop == "before":
        raise InjectedError(503, fault.message, None)
    if fault.status is not None:
        raise InjectedError(fault.status, fault.message, fault.retry_after)


def _sign(response: Response) -> Response:
    response.headers["x-pinecone-request-id"] = str(secrets.randbits(63))
    response.headers["x-pinecone-api-version"] = getattr(g, "version", OLDEST).date
    return response


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
