from __future__ import annotations

import threading
from typing import Any

import httpx
import orjson
import pytest

from bridge import executing
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web

CSV = b'id,vector\na,"1,2,3"\nb,"3,2,1"\n'
ORDER = {"index": "docs", "id_column": "id", "vector_column": "vector"}
UPSERT = "/v1/actions/upsert_rows"


@pytest.fixture
def index(client: httpx.Client, pinecone_emulator: Emulator) -> None:
    order = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
    client.post("/v1/actions/create_index", json=order)
    pinecone_emulator.control.advance(60)


def upload(client: httpx.Client, **headers: str) -> httpx.Response:
    return client.post("/v1/files", params={"name": "rows.csv"}, content=CSV, headers=headers)


def test_a_file_is_uploaded_as_the_body(client: httpx.Client) -> None:
    made = upload(client, **{"Content-Type": "text/csv"})
    got = client.get(made.headers["Location"]).json()
    gone = (
        client.delete(made.headers["Location"]).status_code,
        client.get(made.headers["Location"]).status_code,
    )
    assert (made.status_code, got["kind"], got["size"], got["name"], gone) == (
        201, "csv", len(CSV), "rows.csv", (204, 404),
    )  # fmt: skip


def test_a_file_is_uploaded_as_a_part_of_a_form(client: httpx.Client) -> None:
    made = client.post("/v1/files", files={"file": ("sheet.xlsx", CSV)})
    assert (made.status_code, made.json()["kind"], made.json()["name"]) == (201, "xlsx", "sheet.xlsx")


@pytest.mark.usefixtures("index")
def test_an_action_reads_a_file_by_its_id_in_the_background(web: Web, client: httpx.Client) -> None:
    file_id = upload(client).json()["id"]
    answer = client.post(UPSERT, json={**ORDER, "file": file_id}, headers={"Prefer": "respond-async"})
    executing.execute_due(web.runtime, threading.Event())
    run = client.get(answer.headers["Location"]).json()
    assert (answer.status_code, run["state"], run["output"]["upserted_count"]) == (202, "succeeded", 2)


@pytest.mark.usefixtures("index")
def test_a_form_brings_the_file_with_it(web: Web, client: httpx.Client) -> None:
    form = {"input": orjson.dumps(ORDER).decode()}
    answer = client.post(
        UPSERT, data=form, files={"file": ("rows.csv", CSV)}, headers={"Prefer": "respond-async"}
    )
    executing.execute_due(web.runtime, threading.Event())
    assert client.get(answer.headers["Location"]).json()["output"]["upserted_count"] == 2


def test_a_file_of_another_key_is_not_there(web: Web, client: httpx.Client, problem: Any) -> None:
    file_id = upload(web.client()).json()["id"]
    answer = client.post(UPSERT, json={**ORDER, "file": file_id})
    assert (problem(answer), client.get(f"/v1/files/{file_id}").status_code) == (
        (422, "invalid_input", "/file"), 404,
    )  # fmt: skip


def test_what_is_no_table_is_refused(client: httpx.Client, problem: Any) -> None:
    image = client.post("/v1/files", content=b"x", headers={"Content-Type": "image/png"})
    no_part = client.post("/v1/files", files={"other": b"x"})
    assert (problem(image), problem(no_part)) == (
        (415, "unsupported_file", None),
        (400, "bad_request", "/file"),
    )
