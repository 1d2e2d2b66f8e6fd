from __future__ import annotations

from tests.actions.conftest import RunAction, World


def test_every_index_is_listed_with_what_it_takes(run_action: RunAction) -> None:
    listed = run_action("list_indexes", {})["indexes"]
    assert [
        (index["name"], index["status"], index["vector_type"], index["dimension"], index["embed_model"])
        for index in listed
    ] == [
        ("articles-example", "Ready", None, None, "llama-text-embed-v2"),
        ("docs-example", "Ready", "dense", 3, None),
        ("laws-example", "Ready", "dense", 384, None),
        ("pods-example", "Ready", "dense", 3, None),
        ("sparse-example", "Ready", "sparse", None, None),
    ]


def test_a_project_without_indexes_is_an_empty_list(run_action: RunAction, world: World) -> None:
    world.emulator.control.reset()
    assert run_action("list_indexes", {}) == {"indexes": []}
