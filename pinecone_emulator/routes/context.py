"""Owns what a view knows of its request: the backend, the API version, the project, the body, the index it is at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson
from flask import Response, current_app, g, request
from werkzeug.exceptions import RequestEntityTooLarge

from pinecone_emulator import limits
from pinecone_emulator.engine import OpenIndex
from pinecone_emulator.errors import (
    ApiError,
    InvalidArgumentError,
    NotFoundError,
    UnavailableError,
    UnprocessableError,
)
from pinecone_emulator.lifecycle import SERVING_STATES, index_state
from pinecone_emulator.names import internal_namespace
from pinecone_emulator.payload import Payload, parse_object
from pinecone_emulator.permissions import needed
from pinecone_emulator.stale import seen

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend
    from pinecone_emulator.rates import Rate
    from pinecone_emulator.vectors import Answer
    from pinecone_emulator.versions import Plane, Version

JSON = "application/json"
NUMPY = orjson.OPT_SERIALIZE_NUMPY
HOST_SUFFIX = ".svc"


def backend() -> Backend:
    """Return the running emulator's parts."""
    return cast("Backend", current_app.extensions["pinecone_emulator"])


def version() -> Version:
    """Return the API version of this request."""
    return cast("Version", g.version)


def project_id() -> str:
    """Return the project the request's API key opens."""
    return cast("str", g.project_id)


def caller() -> Caller:
    """Return the service account whose token the request bears."""
    return cast("Caller", g.caller)


def plane() -> Plane:
    """Return which error body the requested path has."""
    parts = request.path.split("/")
    if parts[1] in {"admin", "oauth"}:
        return "admin" if parts[1] == "admin" else "oauth"
    if len(parts) < 4 or parts[1] != "i":  # noqa: PLR2004 - "", "i", slug, operation
        return "control"
    return "records" if parts[3] == "records" or "documents" in parts else "vectors"


def body(*, optional: bool = False) -> Payload:
    """Return the request's JSON object; `optional` takes no body at all for an empty one."""
    error: type[ApiError] = UnprocessableError if plane() in {"control", "admin"} else InvalidArgumentError
    raw = raw_body()
    return Payload(parse_object(raw, empty_is_object=optional), error=error, length=len(raw))


def raw_body() -> bytes:
    """Return the request's body; the server has read and measured it before the application is called."""
    raw: bytes = request.environ["wsgi.input"].read(limits.BODY_BYTES + 1)
    if len(raw) > limits.BODY_BYTES:
        raise RequestEntityTooLarge
    return raw


def json(data: Any, status: int = 200) -> Response:
    """Return a JSON response; numpy arrays are written as lists."""
    return Response(orjson.dumps(data, option=NUMPY), status, content_type=JSON)


def holding_index(slug: str) -> AbstractContextManager[OpenIndex]:
    """Hold the index whose host was called. Raises NotFoundError, and UnavailableError while it is not ready."""
    running = backend()
    index = running.catalogue.index_at(slug.removesuffix(HOST_SUFFIX))
    if index is None or index.project_id != project_id():
        raise NotFoundError("Index not found.")
    state = index_state(index, running.clock.now())
    if state not in SERVING_STATES:
        raise UnavailableError(f"Index {index.name} is not ready: its state is {state}.")
    copy = seen(running, index)
    return running.engine.holding(index if copy is index or not _reads() else copy)


def _reads() -> bool:
    permission = needed(request.method, request.url_rule.rule if request.url_rule else request.path)
    return permission is not None and permission.level == "read"


def pace(held: OpenIndex, namespace: str | None, rate: Rate, amount: int = 1) -> None:
    """Count what a request takes, if there are rate limits. Raises ResourceExhaustedError."""
    if backend().settings.rate_limits:
        name = internal_namespace(namespace)
        backend().rates.take(held.index.id, held.index.name, name, rate, amount)


def answered(answer: Answer) -> Response:
    """Return a vector operation's response with its usage and LSN headers; egress is the body before the usage."""
    raw = orjson.dumps(answer.body, option=NUMPY)
    return with_lsn(
        with_usage(raw, version().vector_usage(answer.usage, len(raw)) if answer.usage else None), answer
    )


def with_usage(raw: bytes, usage: dict[str, Any] | None) -> Response:
    """Return a JSON object that is already encoded, with its usage added."""
    if usage is not None:
        raw = raw[:-1] + b',"usage":' + orjson.dumps(usage) + b"}"
    return Response(raw, content_type=JSON)


def with_lsn(response: Response, answer: Answer) -> Response:
    """Add the headers by which a client sees whether its writes are read."""
    if answer.written_lsn is not None:
        response.headers.add("x-pinecone-request-lsn", str(answer.written_lsn))
    if answer.seen_lsn is not None:
        response.headers.add("x-pinecone-max-indexed-lsn", str(answer.seen_lsn))
    return response
