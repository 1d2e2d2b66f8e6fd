"""Owns what a view knows of its request: the backend, the API version, the project, the body, the index it is at."""

from __future__ import annotations

from contextlib import contextmanager
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
from pinecone_emulator.indexes import view as index_view
from pinecone_emulator.names import internal_namespace
from pinecone_emulator.payload import Payload, parse_object
from pinecone_emulator.permissions import needed
from pinecone_emulator.stale import seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend
    from pinecone_emulator.model import Index
    from pinecone_emulator.rates import Rate
    from pinecone_emulator.vectors import Answer
    from pinecone_emulator.versions import Plane, Version

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
    length = request.content_length or 0
    if length > limits.BODY_BYTES:
        raise RequestEntityTooLarge
    return cast("bytes", request.environ["wsgi.input"].read(length))


def json(data: Any, status: int = 200) -> Response:
    """Return a JSON response; numpy arrays are written as lists."""
    return Response(orjson.dumps(data, option=NUMPY), status, mimetype="application/json")


@contextmanager
def holding_index(slug: str) -> Iterator[OpenIndex]:
    """Hold the index whose host was called. Raises NotFoundError, and UnavailableError while it is not ready."""
    index = backend().catalogue.index_at(slug.removesuffix(HOST_SUFFIX))
    if index is None or index.project_id != project_id():
        raise NotFoundError("Index not found.")
    now = index_view(backend(), index)
    if not now.ready:
        raise UnavailableError(f"Index {index.name} is not ready: its state is {now.state}.")
    with backend().engine.holding(_seen(index)) as held:
        yield held


def _seen(index: Index) -> Index:
    rule = request.url_rule.rule if request.url_rule else request.path
    permission = needed(request.method, rule)
    return seen(backend(), index) if permission is not None and permission.level == "read" else index


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
    return Response(raw, mimetype="application/json")


def with_lsn(response: Response, answer: Answer) -> Response:
    """Add the headers by which a client sees whether its writes are read."""
    if answer.written_lsn is not None:
        response.headers["x-pinecone-request-lsn"] = str(answer.written_lsn)
    if answer.seen_lsn is not None:
        response.headers["x-pinecone-max-indexed-lsn"] = str(answer.seen_lsn)
    return response
