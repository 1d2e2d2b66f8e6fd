"""GPT Actions: the excerpt that the how-to names keeps the documented rules, and its answers fit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.stories.processes import ROOT, own_environment, whole_house

PAGE = (ROOT / "docs/howto/gpt-actions.md").read_text()
ADDRESS, NAMES = re.findall(r"^(https://\S+)/openapi\.json\?actions=(\S+)$", PAGE, re.MULTILINE)[0]
READS = {
    path.stem
    for path in (ROOT / "schemas/actions").glob("*.json")
    if json.loads(path.read_text())["effect"] == "read"
}
MOST_OPERATIONS, MOST_OF_OPERATION, MOST_OF_PARAMETER, MOST_OF_ANSWER = 30, 300, 700, 100_000
"""developers.openai.com/api/docs/actions/production"""


@pytest.fixture(scope="module")
def document() -> Any:
    command = [sys.executable, "-m", "bridge", "openapi", "--actions", NAMES]
    environment = own_environment(PINEHOOK_PUBLIC_URL=ADDRESS)
    return json.loads(
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True).stdout
    )


def operations(document: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in document["paths"].values():
        yield from methods.items()


def described(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for part in node.values():
            yield from described(part)
    elif isinstance(node, list):
        for part in node:
            yield from described(part)


def test_it_is_valid_and_at_one_address_by_https(document: Any) -> None:
    validate(document)
    assert (document["openapi"][:3], document["servers"]) == ("3.1", [{"url": ADDRESS}])
    assert ADDRESS.startswith("https://")
    scheme = document["components"]["securitySchemes"]["key"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")


def test_there_are_few_enough_operations_with_names_of_their_own(document: Any) -> None:
    names = [told["operationId"] for _, told in operations(document)]
    assert sorted(names) == sorted(NAMES.split(","))
    assert len({*names}) == len(names) <= MOST_OPERATIONS
    assert [name for name in names if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)] == []


def test_texts_are_short_enough(document: Any) -> None:
    for _, told in operations(document):
        assert len(told["summary"]) <= MOST_OF_OPERATION, told["operationId"]
        assert len(told["description"]) <= MOST_OF_OPERATION, told["operationId"]
    asked = [(told["parameters"], told.get("requestBody")) for _, told in operations(document)]
    texts = [*described(asked), *described(document["components"]["schemas"])]
    assert [text for text in texts if len(text) > MOST_OF_PARAMETER] == []


def test_what_changes_something_asks_the_person_and_what_reads_does_not(document: Any) -> None:
    for method, told in operations(document):
        reads = method == "get" or told["operationId"] in READS
        assert told["x-openai-isConsequential"] is not reads, told["operationId"]


def test_no_header_is_to_be_sent(document: Any) -> None:
    assert [
        each for _, told in operations(document) for each in told["parameters"] if each["in"] == "header"
    ] == []


@pytest.mark.slow
def test_answers_of_long_texts_fit_as_the_page_asks_for_them(tmp_path: Path) -> None:
    text = "Pine cones open when it is dry. " * 250
    embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
    with whole_house(tmp_path) as house:
        house.api.post("/v1/actions/create_index", json={"name": "notes", "embed": embed}).raise_for_status()
        house.api.post("/v1/actions/wait_for_index", json={"index": "notes"}, timeout=60).raise_for_status()
        records = [{"_id": f"note-{number}", "text": text, "more": text} for number in range(20)]
        written = house.api.post("/v1/actions/upsert_records", json={"index": "notes", "records": records})
        asked = {"index": "notes", "text": "when do they open?", "top_k": 5, "fields": []}
        found = house.api.post("/v1/actions/search_text", json=asked)
        listed = [
            house.api.get("/v1/events", params={"limit": 100}),
            house.api.post("/v1/actions/list_indexes", json={}),
        ]
    assert (written.status_code, len(found.json()["passages"])) == (200, 5)
    assert [answer.status_code for answer in listed] == [200, 200]
    assert max(len(answer.text) for answer in (found, *listed)) < MOST_OF_ANSWER
