from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from bridge import clock, keys
from bridge.access import OPERATOR, SCOPES
from bridge.web.door import Operation
from tests.bridge.web.conftest import Web

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is told here is the same on each database."""


def ask(client: httpx.Client, operation: Operation) -> httpx.Response:
    path = operation.path.replace("<name>", "list_indexes")
    return client.request(operation.method, path.replace("<", "x").replace(">", ""), json={})


def test_every_route_but_the_public_ones_needs_a_key(web: Web) -> None:
    nobody = web.anyone()
    answers = {name: ask(nobody, known).status_code for name, known in web.operations.items()}
    assert {name for name, status in answers.items() if status != 401} == {
        "get_health", "get_readiness", "get_metrics", "get_openapi", "get_swagger",
    }  # fmt: skip


def test_every_route_refuses_a_key_without_its_scope(web: Web) -> None:
    clients = {scope: web.client(*(other for other in SCOPES if other != scope)) for scope in SCOPES}
    scoped = [known for known in web.operations.values() if known.need in SCOPES]
    answers = {known.name: ask(clients[known.need], known).json()["code"] for known in scoped}
    assert set(answers.values()) == {"missing_scope"}


def test_reading_needs_read_and_writing_more(web: Web) -> None:
    needs = {known.need for known in web.operations.values() if known.method == "GET"}
    writes = {known.need for known in web.operations.values() if known.method in ("PATCH", "DELETE")}
    assert (needs, writes) == ({"public", "any", "read", "admin"}, {"write", "delete", "admin"})


def test_an_action_needs_the_scope_that_it_names(web: Web) -> None:
    reader = web.client("read")
    body = {"index": "docs"}
    codes = [reader.post(f"/v1/actions/{name}", json=body).json().get("code")
             for name in ("list_indexes", "describe_index", "delete_index")]  # fmt: skip
    assert codes == ["invalid_input", "pinecone_not_found", "missing_scope"]


def test_whatever_is_no_known_key_is_unauthorized(web: Web) -> None:
    sent = ["", "Bearer", "phk_" + "a" * 43, "Basic cGhrOng=", "Bearer phk_short", "Bearer phk_" + "a" * 43,
            "Bearer phk_" + "a" * 10_000, "Bearer pcsk_abc"]  # fmt: skip
    answers = [web.anyone(Authorization=header).get("/v1/me") for header in sent]
    told = {(each.status_code, each.json()["code"], each.headers["WWW-Authenticate"]) for each in answers}
    assert told == {(401, "unauthorized", 'Bearer realm="pinehook"')}


def test_an_expired_and_a_revoked_key_open_nothing_and_read_like_an_unknown_one(web: Web) -> None:
    soon = clock.now() + timedelta(milliseconds=1)
    _, expired = keys.create(web.runtime, name="e", scopes=SCOPES, expires_at=soon)
    row, revoked = keys.create(web.runtime, name="r", scopes=SCOPES)
    keys.revoke(web.runtime, OPERATOR, row.id)
    told = {web.bearing(key).get("/v1/me").json()["detail"] for key in (expired, revoked, "phk_" + "a" * 43)}
    assert told == {"the API key is unknown, expired or revoked; ask its owner for another"}


def test_the_scheme_is_read_in_any_case(web: Web, client: httpx.Client) -> None:
    header = client.headers["Authorization"].replace("Bearer", "bearer")
    assert web.anyone(Authorization=header).get("/v1/me").status_code == 200
