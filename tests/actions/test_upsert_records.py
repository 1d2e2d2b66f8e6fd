from __future__ import annotations

import re

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World


def count(run_action: RunAction) -> int:
    return run_action("describe_index_stats", {"index": "articles-example"})["total_vector_count"]


def test_what_is_written_is_found_with_its_fields(run_action: RunAction) -> None:
    record = {"_id": "new", "text": "Cones open when it is dry.", "year": 2026, "tags": ["tree"]}
    run_action("upsert_records", {"index": "articles-example", "namespace": "trees", "records": [record]})
    found = run_action("search_records", {"index": "articles-example", "namespace": "trees", "text": "cones"})
    assert [(hit["id"], hit["fields"]) for hit in found["hits"]] == [
        ("new", {"text": "Cones open when it is dry.", "year": 2026, "tags": ["tree"]})
    ]


def test_many_records_go_in_requests_of_96(run_action: RunAction) -> None:
    records = [{"_id": f"r{place}", "text": f"text {place}"} for place in range(200)]
    answer = run_action("upsert_records", {"index": "articles-example", "namespace": "", "records": records})
    assert (answer, count(run_action)) == (
        {"upserted_count": 200, "request_count": 3, "namespace": "__default__"},
        202,
    )


@pytest.mark.parametrize(
    ("record", "pointer"),
    [
        ({"_id": "b"}, "/records/1/text"),
        ({"_id": "b", "text": "  "}, "/records/1/text"),
        ({"_id": "b", "text": 7}, "/records/1/text"),
        ({"_id": "a", "text": "again"}, "/records/1/_id"),
        ({"text": "x"}, "/records/1/_id"),
        ({"_id": "b", "text": "x", "more": {}}, "/records/1/more"),
    ],
)
def test_a_record_that_cannot_be_embedded_stops_all_before_any_is_sent(
    run_action: RunAction, record: JSON, pointer: str
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action(
            "upsert_records", {"index": "articles-example", "records": [{"_id": "a", "text": "x"}, record]}
        )
    assert ([fault.pointer for fault in caught.value.errors], count(run_action)) == ([pointer], 2)


def test_an_index_without_a_model_is_refused_with_the_way_out(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput, match="upsert_vectors"):
        run_action("upsert_records", {"index": "docs-example", "records": [{"_id": "a", "text": "x"}]})


def test_when_pinecone_fails_on_the_way_the_error_says_how_many_were_written(
    run_action: RunAction, world: World
) -> None:
    path = world.pinecone.indexes.describe("articles-example").host.removeprefix(world.emulator.url)
    world.emulator.control.fault(f"{path}/records", count=1)
    world.emulator.control.fault(f"{path}/records", status=403)
    records = [{"_id": f"r{place}", "text": "x"} for place in range(200)]
    with pytest.raises(errors.PineconeForbidden) as caught:
        run_action("upsert_records", {"index": "articles-example", "records": records})
    told = re.search(r"before this, (192|104) of 200 records were written", caught.value.detail)
    assert told is not None
    assert count(run_action) == 2 + int(told[1])
