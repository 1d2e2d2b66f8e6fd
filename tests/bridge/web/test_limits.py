from __future__ import annotations

from typing import Any

import httpx
import pytest

from bridge import errors, keys
from bridge.access import SCOPES, Caller
from bridge.runtime import Runtime
from tests.bridge.web.conftest import Web, open_web

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is told here is the same on each database; that keys are kept on both, tests/bridge/test_keys.py shows."""


def switched(runtime: Runtime, **settings: Any) -> Runtime:
    object.__setattr__(runtime, "settings", runtime.settings.model_copy(update=settings))
    return runtime


def key(runtime: Runtime, *scopes: str) -> str:
    return keys.create(runtime, name="k", scopes=scopes or ("read",))[1]


def test_a_key_asks_as_often_as_its_limit_and_is_told_how_often_is_left(web: Web) -> None:
    client = web.client(calls_per_minute=2)
    answers = [client.get("/v1/me") for _ in range(3)]
    told = [(each.status_code, each.headers["RateLimit"].split(";")[1]) for each in answers]
    assert told == [(200, "r=1"), (200, "r=0"), (429, "r=0")]
    assert (answers[2].json()["code"], answers[2].json()["retryable"]) == ("rate_limited", True)
    assert (answers[2].headers["RateLimit-Policy"], 0 < int(answers[2].headers["Retry-After"]) <= 120) == (
        '"key";q=2;w=60',
        True,
    )
    assert web.client().get("/v1/me").status_code == 200


def test_the_installation_s_limit_is_for_keys_without_their_own(runtime: Runtime) -> None:
    with open_web(switched(runtime, key_calls_per_minute=1)) as web:
        usual, own = web.client(), web.client(calls_per_minute=5)
        assert [[each.get("/v1/me").status_code for _ in range(2)] for each in (usual, own)] == [
            [200, 429],
            [200, 200],
        ]


def test_without_a_limit_nothing_is_told_of_one(client: httpx.Client) -> None:
    assert "RateLimit" not in client.get("/v1/me").headers


def test_a_key_limited_to_indexes_runs_actions_on_them_and_no_more(web: Web) -> None:
    client = web.client(indexes=["docs-*"])
    got = {
        path: client.request(method, path, json=body).status_code
        for method, path, body in [
            ("POST", "/v1/actions/describe_index", {"index": "other"}),
            ("POST", "/v1/actions/list_indexes", {}),
            ("POST", "/v1/actions/list_models", {}),
            ("GET", "/v1/me", None),
            ("GET", "/v1/events", None),
            ("GET", "/v1/options/indexes", None),
        ]
    }
    assert [*got.values()] == [403, 403, 200, 200, 403, 403]
    its_own = client.post("/v1/actions/describe_index", json={"index": "docs-1"})
    assert its_own.json()["code"] == "pinecone_not_found"


def test_a_limited_key_makes_none_that_may_more(runtime: Runtime) -> None:
    limited = Caller("key_x", "x", frozenset(SCOPES), indexes=("docs-*", "notes"), calls_per_minute=10)
    fits = {"indexes": ["notes"], "calls_per_minute": 10}
    keys.create(runtime, name="n", scopes=["read"], caller=limited, **fits)
    for wider in (
        {"indexes": None},
        {"indexes": ["d*"]},
        {"calls_per_minute": None},
        {"calls_per_minute": 11},
    ):
        with pytest.raises(errors.MissingScope):
            keys.create(runtime, name="n", scopes=["read"], caller=limited, **fits | wider)


def test_a_key_in_the_url_is_refused_unless_a_setting_takes_it(web: Web) -> None:
    answer = web.anyone().get("/v1/me", params={"key": key(web.runtime)})
    assert (answer.status_code, "PINEHOOK_KEYS_IN_QUERY" in answer.json()["detail"]) == (401, True)


def test_a_key_in_the_url_may_read_and_nothing_else(
    runtime: Runtime, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_web(switched(runtime, keys_in_query=True)) as web:
        reader, writer = key(runtime), key(runtime, "read", "write")
        anyone = web.anyone()
        answers = [
            anyone.get("/v1/events", params={"key": reader, "limit": 1}),
            anyone.get("/v1/me", params={"key": writer}),
            anyone.get("/v1/me", params={"key": "phk_nonsense"}),
            anyone.post("/v1/actions/list_models", params={"key": reader}, json={}),
            anyone.get("/v1/nothing", params={"key": reader}),
        ]
    written = "".join(capsys.readouterr())
    assert [each.status_code for each in answers] == [200, 401, 401, 401, 404]
    assert [
        each for each in (reader, writer) if each in written + "".join(each.text for each in answers)
    ] == []


def test_pages_of_other_origins_are_answered_only_where_a_setting_names_them(runtime: Runtime) -> None:
    asks = {"Origin": "https://sheet.example", "Access-Control-Request-Method": "POST"}
    with open_web(switched(runtime, cors_origins="https://sheet.example, https://b.example")) as web:
        preflight = httpx.options(
            f"{web.url}/v1/actions/list_indexes", headers=asks
        )  # no part of the document
        called = web.client().get("/v1/me", headers={"Origin": "https://sheet.example"})
        other = web.client().get("/v1/me", headers={"Origin": "https://evil.example"})
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (
        204,
        "https://sheet.example",
    )
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(
        preflight.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert called.headers["Access-Control-Allow-Origin"] == "https://sheet.example"
    assert ("Access-Control-Allow-Origin" in other.headers, other.headers["Vary"]) == (False, "Origin")


def test_without_the_setting_no_page_may_call(web: Web, client: httpx.Client) -> None:
    asks = {"Origin": "https://sheet.example", "Access-Control-Request-Method": "POST"}
    preflight = web.anyone().options("/v1/me", headers=asks)
    called = client.get("/v1/me", headers={"Origin": "https://sheet.example"})
    assert (preflight.status_code, "Access-Control-Allow-Origin" in called.headers) == (405, False)


def test_a_key_limited_to_indexes_cancels_and_retries_no_run_on_another(
    web: Web, client: httpx.Client
) -> None:
    made = client.post("/v1/actions/configure_index", json={"index": "other", "tags": {"a": "b"}})
    run_id = client.get("/v1/runs").json()["data"][0]["id"]
    limited = web.client(indexes=["docs-*"])
    told = [limited.post(f"/v1/runs/{run_id}/{verb}").status_code for verb in ("cancel", "retry")]
    assert (made.status_code, told) == (404, [403, 403])
