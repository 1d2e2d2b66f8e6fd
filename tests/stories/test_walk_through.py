"""A sheet of 154 clauses, uploaded, embedded by either provider and asked a question: real processes, over HTTP."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from tests.clauses import CLAUSES, QUESTION
from tests.embedders import stand_in
from tests.stories.processes import House, wait_for_an_event, whole_house

QUICK = {"PINEHOOK_POLL_SECONDS": "1", "PINECONE_EMULATOR_INDEX_SECONDS": "1"}
INDEX = {"dimension": 1024, "metric": "cosine", "cloud": "aws", "region": "us-east-1"}
EMBEDS = {
    "voyage": {"provider": "voyage", "model": "voyage-law-2"},
    "pinecone": {"provider": "pinecone", "model": "llama-text-embed-v2", "dimension": 1024},
}


def sheet() -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([("id", "text"), *enumerate(CLAUSES)])
    return text.getvalue().encode()


def told(answer: httpx.Response) -> Any:
    return answer.raise_for_status().json()


def walk(house: House, provider: str) -> dict[str, Any]:
    """Make an index, write the sheet twice, ask; return what all of it told."""
    name, embed = f"clauses-{provider}", EMBEDS[provider]
    told(house.api.post("/v1/actions/create_index", json={"name": name, **INDEX}))
    wait_for_an_event(house, "index.ready", key=name)
    order = {"index": name, "id_column": "id", "text_columns": ["text"], "embed": embed}
    form = {"data": {"input": orjson.dumps(order)}, "files": {"file": ("clauses.csv", sheet(), "text/csv")}}
    written, again = (told(house.api.post("/v1/actions/upsert_rows", **form, timeout=60)) for _ in range(2))
    asked = {"index": name, "embed": embed, "text": QUESTION, "top_k": 3}
    return {"written": written, "again": again, **told(house.api.post("/v1/actions/search_text", json=asked))}


@pytest.mark.slow
def test_154_clauses_in_a_file_answer_a_question_with_either_provider(tmp_path: Path) -> None:
    with stand_in.serve() as voyage:
        settings = {"PINEHOOK_VOYAGE_API_KEY": stand_in.KEY, "PINEHOOK_VOYAGE_URL": voyage.url}
        with whole_house(tmp_path, **QUICK, **settings) as house:
            found = {provider: walk(house, provider) for provider in EMBEDS}
    for each in found.values():
        assert (each["written"]["upserted_count"], each["again"]["unchanged_count"]) == (154, 154)
        assert len(each["passages"]) == 3
        assert "Damaged goods" in each["passages"][0]["text"]
        assert "support desk" in each["passages"][0]["text"]
    asked = [request["body"] for request in voyage.requests]
    assert [
        (len(body["input"]), body["input_type"], body["model"], body["truncation"]) for body in asked
    ] == [
        (128, "document", "voyage-law-2", True),
        (26, "document", "voyage-law-2", True),
        (1, "query", "voyage-law-2", True),
    ]
