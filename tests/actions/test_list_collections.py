from __future__ import annotations

from tests.actions.conftest import RunAction, World


def test_all_are_listed(run_action: RunAction) -> None:
    listed = run_action("list_collections", {})["collections"]
    assert [(each["name"], each["dimension"]) for each in listed] == [("pods-copy", 3)]


def test_a_project_without_collections_is_an_empty_list(run_action: RunAction, world: World) -> None:
    world.emulator.control.reset()
    assert run_action("list_collections", {}) == {"collections": []}
