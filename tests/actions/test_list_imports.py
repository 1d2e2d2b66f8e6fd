from __future__ import annotations

from tests.actions.conftest import RunAction


def test_those_under_way_are_listed(run_action: RunAction) -> None:
    listed = run_action("list_imports", {"index": "docs-example"})["imports"]
    assert [(each["import_id"], each["status"]) for each in listed] == [("1", "Pending")]


def test_an_index_without_imports_is_an_empty_list(run_action: RunAction) -> None:
    assert run_action("list_imports", {"index": "sparse-example"}) == {"imports": []}
