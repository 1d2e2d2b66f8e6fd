from __future__ import annotations

import pytest

from bridge import errors
from bridge.plugin import JSON
from tests.actions.conftest import RunAction


def test_asking_again_finds_what_was_created(run_action: RunAction) -> None:
    answers = [run_action("find_or_create_index", {"name": "notes", "dimension": 8}) for _ in range(2)]
    hosts = {answer["index"]["host"] for answer in answers}
    assert ([answer["created"] for answer in answers], len(hosts)) == ([True, False], 1)


def test_an_integrated_one_is_found_by_its_model(run_action: RunAction) -> None:
    embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
    found = run_action("find_or_create_index", {"name": "articles-example", "embed": embed})
    assert (found["created"], found["index"]["embed_model"]) == (False, "llama-text-embed-v2")


@pytest.mark.parametrize(
    ("given", "pointers"),
    [
        ({"dimension": 4}, ["/dimension"]),
        ({"dimension": 4, "metric": "euclidean"}, ["/dimension", "/metric"]),
        ({"vector_type": "sparse"}, ["/vector_type"]),
        (
            {"embed": {"model": "multilingual-e5-large", "field_map": {"text": "body"}}},
            ["/embed/model", "/embed/field_map/text"],
        ),
    ],
)
def test_one_that_differs_is_refused_and_stays(
    run_action: RunAction, given: JSON, pointers: list[str]
) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("find_or_create_index", {"name": "docs-example", **given})
    told = run_action("describe_index", {"index": "docs-example"})
    assert ([fault.pointer for fault in caught.value.errors], told["dimension"]) == (pointers, 3)
