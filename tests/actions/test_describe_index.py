from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_an_integrated_index_tells_its_model_and_its_field(run_action: RunAction) -> None:
    told = run_action("describe_index", {"index": "articles-example"})
    assert (told["embed_model"], told["embed_field"], told["metric"]) == (
        "llama-text-embed-v2",
        "text",
        "cosine",
    )


def test_the_state_is_the_one_of_now(run_action: RunAction, world: World) -> None:
    run_action("create_index", {"name": "later", "dimension": 2})
    before = run_action("describe_index", {"index": "later"})
    world.emulator.control.advance(60)
    after = run_action("describe_index", {"index": "later"})
    assert [(told["status"], told["ready"]) for told in (before, after)] == [
        ("Initializing", False),
        ("Ready", True),
    ]


def test_an_index_that_does_not_exist_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_index", {"index": "nowhere"})


@pytest.mark.parametrize("name", ["", "..", "Upper", "a/b", "x" * 46])
def test_what_cannot_be_a_name_is_not_asked_for(run_action: RunAction, name: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("describe_index", {"index": name})
    assert {fault.pointer for fault in caught.value.errors} == {"/index"}
