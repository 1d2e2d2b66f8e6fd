from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import orjson
import pytest

from bridge import logs
from tests.bridge.web.conftest import Web

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is told here is the same on each database."""


@pytest.fixture
def lines(web: Web) -> Iterator[io.StringIO]:
    """What is logged, as production writes it."""
    stream = io.StringIO()
    settings = web.runtime.settings
    logs.configure(settings.model_copy(update={"env": "production"}), stream=stream)
    yield stream
    logs.configure(settings)


@pytest.mark.parametrize("given", ["abc", "a.b_c:d-1", "x" * 100])
def test_a_request_id_that_is_sent_is_kept(client: httpx.Client, given: str) -> None:
    assert client.get("/v1/me", headers={"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 101, "é".encode(), "a;b"])
def test_a_request_id_that_cannot_be_read_is_replaced(client: httpx.Client, given: str | bytes) -> None:
    answer = client.get("/v1/me", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"].startswith("req_")


def test_a_request_is_logged_once_with_its_ids_and_without_its_query(
    client: httpx.Client, lines: io.StringIO
) -> None:
    me = client.get("/v1/me").json()["id"]
    client.get("/v1/events?api_key=phk_secret", headers={"X-Request-Id": "mine"})
    line = orjson.loads(lines.getvalue().splitlines()[-1])
    assert {name: line[name] for name in line if name not in ("timestamp", "seconds")} == {
        "event": "request", "level": "info", "method": "GET", "path": "/v1/events", "status": 400,
        "code": "bad_request", "request_id": "mine", "api_key_id": me,
    }  # fmt: skip
    assert "phk_" not in lines.getvalue()


def test_an_action_is_logged_under_the_request_with_its_run_and_connection(
    client: httpx.Client, lines: io.StringIO
) -> None:
    index = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
    client.post("/v1/actions/create_index", json=index, headers={"X-Request-Id": "mine"})
    ran = next(
        line for line in map(orjson.loads, lines.getvalue().splitlines()) if line["event"] == "action.ran"
    )
    assert (ran["request_id"], ran["run_id"][:4], ran["connection_id"][:5]) == ("mine", "run_", "conn_")


def test_what_goes_by_every_few_seconds_is_not_logged(client: httpx.Client, lines: io.StringIO) -> None:
    client.get("/healthz")
    client.get("/metrics")
    assert lines.getvalue() == ""


def test_a_path_is_logged_and_shown_as_a_uri_has_it(client: httpx.Client, lines: io.StringIO) -> None:
    shown = client.get("/v1/%1b%5b31m%0afake").json()["instance"]
    assert (shown, orjson.loads(lines.getvalue())["path"]) == ("/v1/%1B%5B31m%0Afake",) * 2


def test_answers_are_neither_sniffed_nor_kept(client: httpx.Client) -> None:
    headers = client.get("/v1/me").headers
    assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
