from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from bridge import executing
from tests.bridge.web.conftest import Web

ORDER = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
CREATE = "/v1/actions/create_index"


def queue(client: httpx.Client, path: str = CREATE, given: Any = ORDER) -> httpx.Response:
    return client.post(path, json=given, headers={"Prefer": "respond-async, wait=5"})


def work(web: Web) -> None:
    executing.execute_due(web.runtime, threading.Event())


def test_respond_async_is_answered_with_a_run_and_where_it_is(web: Web, client: httpx.Client) -> None:
    answer = queue(client)
    queued = client.get(answer.headers["Location"]).json()
    work(web)
    ended = client.get(answer.headers["Location"], params={"wait": 30}).json()
    assert (answer.status_code, answer.json()["state"], queued["state"], queued["input"]["name"]) == (
        202, "queued", "queued", "docs",
    )  # fmt: skip
    assert (ended["state"], ended["output"]["name"], answer.headers["Pinehook-Run-Id"]) == (
        "succeeded", "docs", ended["id"],
    )  # fmt: skip


def test_a_run_is_cancelled_and_queued_again(web: Web, client: httpx.Client) -> None:
    place = queue(client).headers["Location"]
    cancelled = client.post(f"{place}/cancel").json()
    again = client.post(f"{place}/retry")
    work(web)
    assert (cancelled["state"], again.status_code, again.json()["state"], client.get(place).json()["state"]) == (
        "cancelled", 202, "queued", "succeeded",
    )  # fmt: skip


def test_the_same_idempotency_key_gets_the_first_answer_again(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "row-17"}
    first, again = (client.post(CREATE, json=ORDER, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (200, 200, first.json())


def test_a_refusal_under_a_key_is_the_same_problem_again(client: httpx.Client) -> None:
    key = {"Idempotency-Key": "row-18"}
    client.post(CREATE, json=ORDER)
    first, again = (client.post(CREATE, json=ORDER, headers=key).json() for _ in range(2))
    assert [again[name] for name in ("status", "code", "detail")] == [
        409,
        "pinecone_conflict",
        first["detail"],
    ]


def test_a_key_of_another_request_is_refused(client: httpx.Client, problem: Any) -> None:
    key = {"Idempotency-Key": "row-19"}
    client.post(CREATE, json=ORDER, headers=key)
    other = client.post(CREATE, json={**ORDER, "name": "other"}, headers=key)
    assert problem(other) == (409, "idempotency_key_reused", None)


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_that_is_none_is_refused(client: httpx.Client, problem: Any, key: str) -> None:
    answer = client.post("/v1/actions/list_indexes", json={}, headers={"Idempotency-Key": key})
    assert problem(answer) == (400, "bad_request", "/Idempotency-Key")


def test_to_retry_what_succeeded_is_refused(web: Web, client: httpx.Client, problem: Any) -> None:
    place = queue(client).headers["Location"]
    work(web)
    assert problem(client.post(f"{place}/retry")) == (409, "conflict", None)


def test_a_reader_cancels_no_write(web: Web, client: httpx.Client, problem: Any) -> None:
    place = queue(client).headers["Location"]
    assert problem(web.client("read").post(f"{place}/cancel")) == (403, "missing_scope", None)


@pytest.mark.parametrize("wish", [{"params": {"format": "csv"}}, {"headers": {"Accept": "text/csv"}}, {"headers": {"Accept": "Text/CSV"}}]
)  # fmt: skip
def test_an_output_and_that_of_a_run_are_answered_as_a_table(
    web: Web, client: httpx.Client, wish: Any
) -> None:
    client.post(CREATE, json=ORDER)
    direct = client.post("/v1/actions/list_indexes", json={}, **wish)
    place = queue(client, "/v1/actions/list_indexes", {}).headers["Location"]
    early = client.get(place, **wish).status_code
    work(web)
    lines = [line.split(",") for line in client.get(place, **wish).text.splitlines()]
    assert (direct.headers["Content-Type"], direct.text.splitlines()[0].split(",")[0]) == ("text/csv", "name")
    assert (early, [line[0] for line in lines]) == (409, ["name", "docs"])
