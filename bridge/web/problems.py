"""The problems: every error as application/problem+json (RFC 9457), and nothing in it that is not for the caller."""

from __future__ import annotations

from typing import Any, Final

import orjson
import structlog
from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException

from bridge import db, errors, logs
from bridge.errors import PinehookError
from bridge.web import reading

CONTENT_TYPE: Final = "application/problem+json"
MAX_DETAIL: Final = 1000
MAX_FAULTS: Final = 10
RETRY_AFTER_SECONDS: Final = 1
"""When to come again where nobody said: what is busy is seldom busy for long."""

log = structlog.get_logger(__name__)


def register(app: Flask) -> None:
    """Answer every error of an application with a problem."""
    app.register_error_handler(PinehookError, answer)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(Exception, _answer_unexpected)


def answer(error: PinehookError) -> Response:
    """Write one of our errors as a response."""
    response = Response(orjson.dumps(problem(error)), error.status, content_type=CONTENT_TYPE)
    if error.status == errors.Unauthorized.status:
        response.headers["WWW-Authenticate"] = 'Bearer realm="pinehook"'
    if error.retry_after_seconds is not None or error.status in (429, 503):
        # Whole seconds: what calls us often reads nothing else.
        response.headers["Retry-After"] = str(error.retry_after_seconds or RETRY_AFTER_SECONDS)
    g.code = error.code
    return response


def problem(error: PinehookError) -> dict[str, Any]:
    """Write one of our errors as a problem object: bounded in size, without secrets."""
    return {
        "type": f"urn:pinehook:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": _clean(error.detail),
        "instance": reading.path(),
        "code": error.code,
        "request_id": g.request_id,
        "retryable": error.retryable,
        "errors": [
            {"pointer": _clean(fault.pointer), "message": _clean(fault.message)}
            for fault in error.errors[:MAX_FAULTS]
        ],
    }


def _answer_http(error: HTTPException) -> Response:
    response = answer(_ours(error))
    if error.get_response().headers.get("Allow"):
        response.headers["Allow"] = error.get_response().headers["Allow"]
    return response


def _ours(error: HTTPException) -> PinehookError:
    match error.code:
        case 404:
            return errors.UnknownRoute("this path is not of the API; GET /openapi.json lists those that are")
        case 405:
            return errors.MethodNotAllowed(
                f"{request.method} is not for this path; the Allow header names what is"
            )
        case code if code is not None and 400 <= code < 500:  # noqa: PLR2004 - the client's errors
            return errors.BadRequest(f"the request cannot be read: {error.description}")
    log.error("request.broken", status=error.code)
    return _broken()


def _answer_unexpected(error: Exception) -> Response:
    if db.is_unreachable(error):
        log.error("request.without_database", error=str(error).partition("\n")[0])
        told = "the database does not answer: look at DATABASE_URL and at its server"
        return answer(errors.NotReady(told, errors=(errors.Fault("/database", "does not answer"),)))
    log.error("request.broken", exc_info=error)
    return answer(_broken())


def _broken() -> errors.InternalError:
    return errors.InternalError("the bridge failed; its log tells why under this request_id")


def _clean(text: str) -> str:
    cut = text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 1] + "…"
    return str(logs.redacted(cut))
