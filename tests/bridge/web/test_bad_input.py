from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from sqlmodel import SQLModel, func, select

from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web, open_web

Told = Callable[[httpx.Response], tuple[int, str, str | None]]

UPSERT = "/v1/actions/upsert_vectors"
INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
JSON = {"Content-Type": "application/json"}


def vector(**changes: Any) -> dict[str, Any]:
    return {"index": "docs", "vectors": [{"id": "a", "values": [1, 2, 3]} | changes]}


def raw(body: bytes | list[bytes], **headers: str) -> dict[str, Any]:
    return {
        "content": body,
        "headers": JSON | {name.replace("_", "-"): told for name, told in headers.items()},
    }


def nested(depth: int, inner: str = "1") -> bytes:
    return (
        '{"index":"docs","vector":[1,2,3],"filter":{"a":' + "[" * depth + inner + "]" * depth + "}}"
    ).encode()


# What is sent (method, path, keywords of httpx) and what is told (status, code, first pointer).
TABLE: dict[str, tuple[str, str, dict[str, Any], tuple[int, str, str | None]]] = {
    "not JSON": ("POST", UPSERT, raw(b"{nope"), (400, "not_json", None)),
    "no body, though JSON was announced": ("POST", UPSERT, raw(b""), (422, "invalid_input", "/index")),
    "NaN": ("POST", UPSERT, raw(b'{"vectors": [NaN]}'), (400, "not_json", None)),
    "Infinity": ("POST", UPSERT, raw(b'{"vectors": [-Infinity]}'), (400, "not_json", None)),
    "a number that is no double": ("POST", UPSERT, raw(b'{"vectors": [1e400]}'), (400, "not_json", None)),
    "not UTF-8": ("POST", UPSERT, raw(b'{"index": "\xff"}'), (400, "not_json", None)),
    "half a surrogate": ("POST", UPSERT, raw(b'{"index": "\\ud800"}'), (400, "not_json", None)),
    "nested too deep to be read": ("POST", UPSERT, raw(b"[" * 100_000), (400, "not_json", None)),
    "a cursor with a NUL": ("GET", "/v1/events?cursor=AA", {}, (400, "bad_request", "/cursor")),
    "nested too deep to be of use": (
        "POST", "/v1/actions/query_vectors", raw(nested(200)), (400, "not_json", None)),
    "too deep behind a number": (
        "POST", "/v1/actions/query_vectors", raw(nested(1, "1," + "[" * 200 + "]" * 200)), (400, "not_json", None)),
    "a NUL character": ("POST", UPSERT, raw(b'{"index": "\\u0000"}'), (422, "invalid_input", "")),
    "an array": ("POST", UPSERT, {"json": []}, (422, "invalid_input", "")),
    "nothing at all": ("POST", UPSERT, {}, (422, "invalid_input", "/index")),
    "a required field is missing": ("POST", UPSERT, {"json": {"index": "a"}}, (422, "invalid_input", "/vectors")),
    "a wrong type": (
        "POST", UPSERT, {"json": vector(values=[1, "2", 3])}, (422, "invalid_input", "/vectors/0/values/1")),
    "a boolean for a number": (
        "POST", UPSERT, {"json": vector(values=[1, True, 3])}, (422, "invalid_input", "/vectors/0/values/1")),
    "a number over float32": (
        "POST", UPSERT, {"json": vector(values=[1, 2, 1e39])}, (422, "invalid_input", "/vectors/0/values/2")),
    "an unknown field": ("POST", UPSERT, {"json": vector(vlaues=[])}, (422, "invalid_input", "/vectors/0/vlaues")),
    "an unknown field with a secret": (
        "POST", UPSERT, {"json": vector() | {"key phk_abcdefghijklmnop": 1}},
        (422, "invalid_input", "/key ***")),
    "over maxItems": (
        "POST", UPSERT, {"json": {"index": "docs", "vectors": [{"id": "a", "values": [1]}] * 10_001}},
        (422, "invalid_input", "/vectors")),
    "a wrong dimension": (
        "POST", UPSERT, {"json": vector(values=[1, 2])}, (422, "dimension_mismatch", "/vectors/0/values")),
    "an unknown index": (
        "POST", UPSERT, {"json": vector() | {"index": "nope"}}, (404, "pinecone_not_found", None)),
    "an index that is there": (
        "POST", "/v1/actions/create_index", {"json": INDEX}, (409, "pinecone_conflict", None)),
    "an unknown action": ("POST", "/v1/actions/fly", {"json": {}}, (404, "unknown_action", None)),
    "the description of an unknown action": ("GET", "/v1/actions/fly", {}, (404, "unknown_action", None)),
    "an unknown connection": (
        "POST", UPSERT + "?connection=nope", {"json": vector()}, (404, "unknown_connection", None)),
    "an empty connection": ("POST", UPSERT + "?connection=", {"json": {}}, (400, "bad_request", "/connection")),
    "an unknown parameter": ("GET", "/v1/events?typ=x", {}, (400, "bad_request", "/typ")),
    "a parameter where none is known": ("GET", "/v1/me?a=1", {}, (400, "bad_request", "/a")),
    "a parameter twice": ("GET", "/v1/events?limit=1&limit=2", {}, (400, "bad_request", "/limit")),
    "a limit of 0": ("GET", "/v1/events?limit=0", {}, (400, "bad_request", "/limit")),
    "a limit of 101": ("GET", "/v1/watches?limit=101", {}, (400, "bad_request", "/limit")),
    "a limit that is no number": ("GET", "/v1/runs?limit=ten", {}, (400, "bad_request", "/limit")),
    "a limit beyond every number": ("GET", f"/v1/runs?limit={'9' * 5000}", {}, (400, "bad_request", "/limit")),
    "a cursor of nobody": ("GET", "/v1/events?cursor=!", {}, (400, "bad_request", "/cursor")),
    "an event type that is none": ("GET", "/v1/events?type=Index%00", {}, (400, "bad_request", "/type")),
    "a state that is none": ("GET", "/v1/deliveries?state=lost", {}, (400, "bad_request", "/state")),
    "an id that is none": ("GET", "/v1/watches/watch_1", {}, (404, "not_found", None)),
    "an id with a NUL": ("GET", "/v1/watches/a%00b", {}, (404, "not_found", None)),
    "an event type nobody knows": ("GET", "/v1/event-types/index.lost", {}, (404, "not_found", None)),
    "an unknown path": ("GET", "/v2/me", {}, (404, "unknown_route", None)),
    "a path with a slash too many": ("GET", "/v1/me/", {}, (404, "unknown_route", None)),
    "a wrong method": ("PUT", "/v1/watches", {"json": {}}, (405, "method_not_allowed", None)),
    "a wrong content type": (
        "POST", UPSERT, raw(b"{}", Content_Type="text/plain"), (415, "unsupported_media_type", None)),
    "a form": ("POST", UPSERT, {"data": {"index": "docs"}}, (415, "unsupported_media_type", None)),
    "an encoded body": (
        "POST", UPSERT, raw(b"{}", Content_Encoding="gzip"), (415, "unsupported_media_type", None)),
    "a body over the limit": ("POST", UPSERT, raw(b" " * 2_000_001), (413, "body_too_large", None)),
    "a chunked body over the limit": (
        "POST", UPSERT, raw([b" " * 1_000_000] * 3), (413, "body_too_large", None)),
    "a watch of an unknown trigger": (
        "POST", "/v1/watches", {"json": {"trigger": "moons"}}, (422, "invalid_input", "/trigger")),
    "a watch with unknown options": (
        "POST", "/v1/watches", {"json": {"trigger": "indexes", "options": {"x": 1}}},
        (422, "invalid_input", "/options/x")),
    "a watch that is there": ("POST", "/v1/watches", {"json": {"trigger": "indexes"}}, (409, "conflict", "/options")),
    "a change that changes nothing": ("PATCH", "/v1/watches/x", {"json": {}}, (422, "invalid_input", "")),
    "an endpoint that is no URL": (
        "POST", "/v1/endpoints", {"json": {"url": "nope"}}, (422, "invalid_input", "/url")),
    "an endpoint at a metadata address": (
        "POST", "/v1/endpoints", {"json": {"url": "http://169.254.169.254/"}}, (422, "invalid_input", "/url")),
    "an endpoint of unknown event types": (
        "POST", "/v1/endpoints", {"json": {"url": "http://127.0.0.1:9/", "event_types": ["moon.*"]}},
        (422, "invalid_input", "/event_types/0")),
    "an endpoint whose filter refers elsewhere": (
        "POST", "/v1/endpoints",
        {"json": {"url": "http://127.0.0.1:9/", "filter": {"allOf": [{"$ref": "http://127.0.0.1:9/"}]}}},
        (422, "invalid_input", "/filter/allOf/0/$ref")),
    "a choice whose regular expression looks around": (
        "POST", "/v1/endpoints/preview", {"json": {"filter": {"pattern": "(?=a)"}}},
        (422, "invalid_input", "/filter/pattern")),
    "a connection whose name is taken": (
        "POST", "/v1/connections", {"json": {"name": "default", "api_key": "k"}}, (409, "conflict", "/name")),
    "a connection without a name to read": (
        "POST", "/v1/connections", {"json": {"name": " ", "api_key": "k"}}, (422, "invalid_input", "/name")),
    "a connection whose host is no URL": (
        "POST", "/v1/connections", {"json": {"name": "n", "api_key": "k", "host": "pinecone"}},
        (422, "invalid_input", "/host")),
    "the default connection, removed": ("DELETE", "/v1/connections/default", {}, (409, "conflict", None)),
    "a key with scopes that are none": (
        "POST", "/v1/keys", {"json": {"name": "n", "scopes": ["all"]}}, (422, "invalid_input", "/scopes/0")),
    "a key that would have expired": (
        "POST", "/v1/keys", {"json": {"name": "n", "scopes": ["read"], "expires_at": "2020-01-01T00:00:00Z"}},
        (422, "invalid_input", "/expires_at")),
    "a key that expires without a time zone": (
        "POST", "/v1/keys", {"json": {"name": "n", "scopes": ["read"], "expires_at": "2100-01-01T00:00:00"}},
        (422, "invalid_input", "/expires_at")),
    "a key that expires when no calendar goes so far": (
        "POST", "/v1/keys",
        {"json": {"name": "n", "scopes": ["read"], "expires_at": "9999-12-31T23:59:59-23:59"}},
        (422, "invalid_input", "/expires_at")),
    "a key that expires in a second that leaps": (
        "POST", "/v1/keys", {"json": {"name": "n", "scopes": ["read"], "expires_at": "2100-06-30T23:59:60Z"}},
        (422, "invalid_input", "/expires_at")),
    "a key to an unknown connection": (
        "POST", "/v1/keys", {"json": {"name": "n", "scopes": ["read"], "connections": ["conn_1"]}},
        (404, "unknown_connection", "/connections")),
}  # fmt: skip


@pytest.fixture
def small(runtime: Runtime, pinecone_emulator: Emulator) -> Iterator[Web]:
    """The web door, taking bodies of 2 MB at most, with an index to write to."""
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update={"max_body_bytes": 2_000_000}))
    with open_web(runtime) as opened:
        opened.client().post("/v1/actions/create_index", json=INDEX)
        pinecone_emulator.control.advance(60)
        yield opened


def rows(web: Web) -> dict[str, int]:
    """How many rows each table has: what is half written shows here. Runs, their audit and events tell of refusals, too."""
    with web.runtime.database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in SQLModel.metadata.tables.items()
            if name not in ("run", "audit", "event")
        }


def test_bad_input_is_refused_with_status_code_and_pointer_and_nothing_is_written(
    small: Web, problem: Told
) -> None:
    client = small.client()
    client.get("/v1/me")
    before = rows(small)
    told = {
        case: problem(client.request(method, path, **sent)) for case, (method, path, sent, _) in TABLE.items()
    }
    assert told == {case: wanted for case, (*_, wanted) in TABLE.items()}
    assert rows(small) == before
    stats = client.post("/v1/actions/describe_index_stats", json={"index": "docs"}).json()
    assert stats["total_vector_count"] == 0


PINECONE = {
    400: (422, "pinecone_rejected"), 401: (502, "pinecone_unauthorized"), 402: (402, "pinecone_payment_required"),
    403: (403, "pinecone_forbidden"), 404: (404, "pinecone_not_found"), 409: (409, "pinecone_conflict"),
    412: (412, "pinecone_failed_precondition"), 413: (413, "pinecone_payload_too_large"),
    422: (422, "pinecone_rejected"),
}  # fmt: skip


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_pinecone_refuses_is_told_as_that(web: Web, pinecone_emulator: Emulator, problem: Told) -> None:
    client = web.client()
    told = {}
    for status in PINECONE:
        pinecone_emulator.control.fault("/indexes", status=status, count=1)
        told[status] = problem(client.post("/v1/actions/list_indexes"))[:2]
    assert told == PINECONE


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_may_succeed_later_is_told_as_retryable(
    web: Web, pinecone_emulator: Emulator, problem: Told
) -> None:
    client = web.client()
    client.post("/v1/connections", json={"name": "gone", "api_key": "k", "host": "http://127.0.0.1:9"})
    told = []
    for status in (429, 500, None):
        if status:
            pinecone_emulator.control.fault("/indexes", status=status, count=20)
        name = "default" if status else "gone"
        answer = client.post(f"/v1/actions/list_indexes?connection={name}")
        retry_after = re.fullmatch(r"[1-9][0-9]*", answer.headers.get("Retry-After", ""))
        pinecone_emulator.control.reset()
        told.append((*problem(answer)[:2], answer.json()["retryable"], bool(retry_after)))
    assert told == [
        (429, "pinecone_rate_limited", True, True),
        (502, "pinecone_failed", True, False),
        (503, "pinecone_unreachable", True, True),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_bridges_own_failure_tells_nothing_but_where_to_look(web: Web, problem: Told) -> None:
    client = web.client()
    with web.runtime.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE watch RENAME COLUMN looks TO gone")
    answer = client.get("/v1/watches")
    assert problem(answer) == (500, "internal_error", None)
    assert answer.json()["detail"] == "the bridge failed; its log tells why under this request_id"


@pytest.mark.parametrize("path", ["/v1/watches", "/v1/me"])
def test_a_database_that_lacks_a_table_is_told_how_to_get_it(web: Web, problem: Told, path: str) -> None:
    client = web.client()
    with web.runtime.database.write() as session:
        for table in ("watch", "api_key"):
            session.connection().exec_driver_sql(f"ALTER TABLE {table} RENAME TO {table}_gone")
    answer = client.get(path)
    assert problem(answer) == (503, "not_ready", "/migrations")
    assert answer.json()["detail"].endswith("run: python -m bridge migrate")
