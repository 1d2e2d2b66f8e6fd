from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bridge import running
from bridge.access import OPERATOR
from pinecone_emulator import Emulator
from tests.bridge.web.conftest import Web

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is searched is Pinecone's: the same on each database."""

RECORDS = [
    {"_id": "a", "text": "A backup is a copy of an index.", "year": 2026},
    {"_id": "b", "text": "Cosine compares directions.", "year": 2024},
]


@pytest.fixture
def searched(web: Web, pinecone_emulator: Emulator) -> Callable[..., httpx.Response]:
    """Search an integrated index of two texts by GET."""
    order = {"name": "texts", "embed": {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}}
    running.run(web.runtime, OPERATOR, "create_index", order)
    pinecone_emulator.control.advance(60)
    running.run(web.runtime, OPERATOR, "upsert_records", {"index": "texts", "records": RECORDS})
    client = web.client("read")
    return lambda **query: client.get("/v1/search", params={"index": "texts", **query})


def test_a_get_finds_what_the_action_finds(searched: Callable[..., httpx.Response], web: Web) -> None:
    given: dict[str, Any] = {"index": "texts", "text": "What is a backup?", "top_k": 1, "fields": ["year"]}
    answer = searched(q="What is a backup?", top_k=1, fields="year")
    assert answer.json() == running.run(web.runtime, OPERATOR, "search_text", given).output


def test_a_get_answers_with_a_table_where_that_is_wanted(searched: Callable[..., httpx.Response]) -> None:
    answer = searched(q="What is a backup?", top_k=1, format="csv")
    header, line = answer.text.splitlines()
    assert (answer.headers["content-type"], header, line.rsplit(",", 3)[1:]) == (
        "text/csv",
        "rank,index,namespace,id,score,text,source,fields.year",
        ["A backup is a copy of an index.", "a", "2026"],
    )


def test_a_get_filters_reranks_and_drops_what_is_too_far(searched: Callable[..., httpx.Response]) -> None:
    only = searched(q="backup", filter='{"year": {"$lt": 2025}}').json()["passages"]
    ranked = searched(q="What is a backup?", rerank="true").json()["passages"]
    none = searched(q="backup", min_score="0.999").json()
    assert ([each["id"] for each in only], ranked[0]["id"], none["answer"]) == (
        ["b"],
        "a",
        "Nothing was found.",
    )


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({}, (400, "bad_request", "/q")),
        ({"q": "x", "filter": "{"}, (400, "bad_request", "/filter")),
        ({"q": "x", "min_score": "high"}, (400, "bad_request", "/min_score")),
        ({"q": "x", "model": "m"}, (400, "bad_request", "")),
        ({"q": "x", "provider": "pinecone"}, (422, "invalid_input", "/embed")),
        ({"q": "x", "index": "nothing"}, (404, "pinecone_not_found", None)),
    ],
)
def test_what_cannot_be_searched_is_told(
    searched: Callable[..., httpx.Response], problem: Any, query: dict[str, str], told: Any
) -> None:
    assert problem(searched(**query)) == told
