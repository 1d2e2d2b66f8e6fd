"""The web door on a real port, and clients that hold every answer to the OpenAPI document."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import jsonschema
import orjson
import pytest
from flask import Flask
from waitress.server import create_server

from bridge import keys
from bridge.access import SCOPES
from bridge.runtime import Runtime
from bridge.web import create_app, door
from bridge.web.door import Operation


class Web:
    """A served app; `client(...)` makes a key and gives a client that uses it."""

    def __init__(self, app: Flask, runtime: Runtime, url: str, clients: ExitStack) -> None:
        self.runtime = runtime
        self.url = url
        self.operations: dict[str, Operation] = {known.name: known for known in door.operations(app)}
        self.document: dict[str, Any] = orjson.loads(app.extensions["pinehook.openapi"])
        self._clients = clients

    def anyone(self, **headers: str) -> httpx.Client:
        """A client without a key."""
        # It speaks plain HTTP: to load certificates for it takes longer than most tests.
        hooks = {"response": [self.hold_to_the_document]}
        opened = httpx.Client(base_url=self.url, headers=headers, event_hooks=hooks, verify=False, timeout=30)
        return self._clients.enter_context(opened)

    def client(self, *scopes: str, **limits: Any) -> httpx.Client:
        _, key = keys.create(self.runtime, name="test", scopes=scopes or SCOPES, **limits)
        return self.bearing(key)

    def bearing(self, key: str) -> httpx.Client:
        return self.anyone(Authorization=f"Bearer {key}")

    def hold_to_the_document(self, response: httpx.Response) -> None:
        """Fail when an answer is not what the document says of it."""
        response.read()
        documented = self._documented(response.request.method, response.request.url.path)
        if documented is None:
            assert response.status_code in (401, 404, 405), response.text
            return
        answer = documented["responses"].get(str(response.status_code))
        if response.status_code == httpx.codes.NOT_MODIFIED:
            return
        if answer is None:
            assert response.status_code >= 400, response.text
            answer = self.document["components"]["responses"]["problem"]
        if answer.get("content") and response.headers["Content-Type"] == "text/csv":
            assert "text/csv" in answer["content"]
        elif answer.get("content"):
            content = answer["content"][response.headers["Content-Type"]]
            jsonschema.Draft202012Validator(
                {**content["schema"], "components": self.document["components"]},
                format_checker=jsonschema.FormatChecker(),
            ).validate(response.json())

    def _documented(self, method: str, path: str) -> Any:
        for known, methods in self.document["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", known), path) and method.lower() in methods:
                return methods[method.lower()]
        return None


@contextmanager
def serve(app: Flask) -> Iterator[str]:
    """Serve an app on a free port; give its URL."""
    sockets: dict[int, Any] = {}
    server: Any = create_server(app, map=sockets, host="127.0.0.1", port=0, threads=4)
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            server.asyncore.loop(timeout=1, map=sockets, count=1, use_poll=True)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        stopping.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(sockets)


@contextmanager
def open_web(runtime: Runtime) -> Iterator[Web]:
    app = create_app(runtime.settings, runtime)
    with serve(app) as url, ExitStack() as clients:
        yield Web(app, runtime, url, clients)


@pytest.fixture
def web(runtime: Runtime) -> Iterator[Web]:
    """The web door on a runtime, on each kind of database."""
    with open_web(runtime) as opened:
        yield opened


@pytest.fixture
def client(web: Web) -> httpx.Client:
    """A client that may do everything."""
    return web.client()


@pytest.fixture
def problem() -> Callable[[httpx.Response], tuple[int, str, str | None]]:
    """What a table says of a refusal: status, code, and the first pointer."""

    def told(response: httpx.Response) -> tuple[int, str, str | None]:
        assert response.headers["Content-Type"] == "application/problem+json", response.text
        said = response.json()
        assert (said["status"], len(response.content) < 10_000) == (response.status_code, True)
        assert said["request_id"] == response.headers["X-Request-Id"]
        return said["status"], said["code"], said["errors"][0]["pointer"] if said["errors"] else None

    return told
