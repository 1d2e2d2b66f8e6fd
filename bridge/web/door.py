"""The web door: what one web process holds, and what every route declares about itself, once.

From an operation's declaration come the check of the key, of the query and of the body, and its entry in the
OpenAPI document; a view only calls a verb and shapes the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Final, Literal, TypeAlias

import orjson
from flask import Blueprint, Flask, Response, current_app
from prometheus_client import CollectorRegistry

from bridge import clock, errors, registry
from bridge.access import Caller, Scope
from bridge.config import Settings
from bridge.contract import Checker
from bridge.plugin import JSON
from bridge.runtime import Runtime
from bridge.web import auth, reading
from bridge.web.rates import Rates

Need: TypeAlias = Scope | Literal["any", "public"]
"""What a route asks of the caller: a scope, any valid key, or nothing at all."""

JSON_TYPE: Final = "application/json"
CSV_TYPE: Final = "text/csv"
OWN: Final = "(its own)"
"""The body of an action: by the action's own schema, and with a file beside it as a form."""


@dataclass(frozen=True, slots=True)
class Door:
    """What one web process holds: the tools, and the schemas of requests to its own routes by name.

    seats: for requests that wait, half of the threads.
    """

    runtime: Runtime
    requests: Mapping[str, Checker]
    metrics: CollectorRegistry
    seats: threading.BoundedSemaphore
    rates: Rates


@dataclass(frozen=True, slots=True)
class Operation:
    """One route as it declares itself; `body`, `query` and `answer` name files of schemas/api/.

    csv: it answers with a table where that is wanted.
    many: it answers {"data": [answer, ...], "next_cursor": ...}. statuses: of its successes, the usual first.
    """

    method: str
    path: str
    name: str
    summary: str
    description: str
    tag: str
    need: Need
    statuses: tuple[int, ...]
    answer: str | None
    many: bool
    body: str | None
    query: str | None
    csv: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One request, checked: who asks, with which tools, body and query parameters."""

    runtime: Runtime
    caller: Caller
    body: Any
    query: JSON

    @property
    def cursor(self) -> str | None:
        """Where a list goes on."""
        cursor: str | None = self.query.get("cursor")
        return cursor

    @property
    def limit(self) -> int:
        """How many a list answers with."""
        limit: int = self.query["limit"]
        return limit


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that says more than its body. status: None = the operation's first."""

    body: JSON | None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


View: TypeAlias = Callable[..., JSON | Answer | Response]


@dataclass(frozen=True, slots=True)
class Route:
    """A view behind its checks, as Flask calls it."""

    operation: Operation
    view: View

    def __call__(self, **path: str) -> Response:
        """Check the request in order (key, scope, query, body), call the view, write its answer."""
        if any("\0" in part for part in path.values()):
            raise errors.NotFound("no name or id has a NUL character in it")
        door = here()
        operation = self.operation
        caller = auth.admit(door.runtime, operation.need, door.rates)
        query = reading.query(door.requests[operation.query] if operation.query else None)
        body = None
        if operation.body is not None:
            body = _body(operation, door.runtime.settings)
            if operation.body in door.requests:
                body = door.requests[operation.body].check(body, what="the body")
        answer = self.view(Call(door.runtime, caller, body, query), **path)
        if isinstance(answer, Response):
            return answer
        return _written(answer if isinstance(answer, Answer) else Answer(answer), operation.statuses[0])


def _body(operation: Operation, settings: Settings) -> Any:
    if operation.body == OWN and reading.is_form():
        return reading.form(settings.max_file_bytes + settings.max_body_bytes)
    return reading.body(settings.max_body_bytes)


def operation(
    room: Blueprint,
    rule: str,
    need: Need,
    *,
    statuses: tuple[int, ...] = (200,),
    answer: str | None = None,
    many: bool = False,
    body: str | None = None,
    query: str | None = None,
    csv: bool = False,
) -> Callable[[View], View]:
    """Declare a view as the operation of a rule like `GET /v1/watches/<id>`; its docstring describes it."""
    method, path = rule.split()

    def declare(view: View) -> View:
        summary, _, description = (view.__doc__ or "").partition("\n")
        declared = Operation(
            method, path, view.__name__, summary.strip().rstrip("."), " ".join(description.split()), room.name,
            need, statuses, answer, many, body, query, csv,
        )  # fmt: skip
        room.add_url_rule(
            path,
            endpoint=view.__name__,
            view_func=Route(declared, view),
            methods=[method],
            provide_automatic_options=False,
        )
        return view

    return declare


def _written(answer: Answer, usual: int) -> Response:
    status = answer.status or usual
    if answer.body is None:
        return Response(status=status, headers=answer.headers)
    body = orjson.dumps(answer.body, default=_moment, option=orjson.OPT_PASSTHROUGH_DATETIME)
    return Response(body, status, answer.headers, content_type=JSON_TYPE)


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return clock.iso(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def here() -> Door:
    """Return the door of the current application."""
    door = current_app.extensions["pinehook"]
    assert isinstance(door, Door)  # noqa: S101 - create_app put it there
    return door


def operations(app: Flask) -> list[Operation]:
    """Return every operation of an application, by path and method."""
    routes = [view for view in app.view_functions.values() if isinstance(view, Route)]
    return sorted((route.operation for route in routes), key=lambda known: (known.path, known.method))


@cache
def schemas() -> dict[str, JSON]:
    """Read the schemas of schemas/api/, which may refer to each other and to those of schemas/common/."""
    files = sorted((registry.ROOT / "schemas/api").glob("*.json"))
    return {**registry.load().common, **{path.stem: orjson.loads(path.read_bytes()) for path in files}}


@cache
def requests() -> dict[str, Checker]:
    """Compile those that requests are checked by: their names have a verb (`watch.create`)."""
    return {name: Checker(schema, schemas()) for name, schema in schemas().items() if "." in name}
