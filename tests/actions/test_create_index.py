from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction, World

EMBED = {"model": "llama-text-embed-v2", "field_map": {"text": "body"}}


def test_pinecones_defaults_hold_for_what_is_left_out(run_action: RunAction) -> None:
    made = run_action("create_index", {"name": "plain", "dimension": 8})
    told = ("vector_type", "metric", "dimension", "cloud", "region", "deletion_protection", "tags")
    assert {name: made[name] for name in told} == {
        "vector_type": "dense",
        "metric": "cosine",
        "dimension": 8,
        "cloud": "aws",
        "region": "us-east-1",
        "deletion_protection": "disabled",
        "tags": None,
    }


def test_it_answers_before_the_index_is_ready(run_action: RunAction) -> None:
    made = run_action("create_index", {"name": "later", "dimension": 8, "metric": "euclidean"})
    assert (made["status"], made["ready"], made["metric"]) == ("Initializing", False, "euclidean")


def test_text_written_to_an_integrated_index_is_found(run_action: RunAction, world: World) -> None:
    run_action("create_index", {"name": "bodies", "embed": EMBED, "tags": {"team": "a"}})
    world.emulator.control.advance(60)
    run_action("upsert_records", {"index": "bodies", "records": [{"_id": "a", "body": "resin and needles"}]})
    found = run_action("search_records", {"index": "bodies", "text": "needles"})
    assert [hit["id"] for hit in found["hits"]] == ["a"]


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({}, ["/dimension"]),
        ({"vector_type": "dense"}, ["/dimension"]),
        ({"vector_type": "sparse", "dimension": 3}, ["/dimension"]),
        ({"vector_type": "sparse", "metric": "cosine"}, ["/metric"]),
        ({"embed": EMBED, "dimension": 3, "metric": "cosine"}, ["/dimension", "/metric"]),
        ({"embed": {"model": "m"}}, ["/embed/field_map"]),
        ({"embed": EMBED, "byoc_environment": "x"}, ["/byoc_environment"]),
        ({"dimension": 20_001}, ["/dimension"]),
        ({"dimension": 3, "tags": {"a": 1}}, ["/tags/a"]),
        ({"dimension": 3, "spec": {}}, ["/spec"]),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_made(
    run_action: RunAction, given: JSON, pointers: list[str]
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("create_index", {"name": "wrong", **given})
    listed = [index["name"] for index in run_action("list_indexes", {})["indexes"]]
    assert ([fault.pointer for fault in caught.value.errors], "wrong" in listed) == (pointers, False)


def test_a_name_that_is_taken_is_a_conflict(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeConflict) as caught:
        run_action("create_index", {"name": "docs-example", "dimension": 3})
    assert caught.value.detail.endswith("the name 'docs-example' is taken")
