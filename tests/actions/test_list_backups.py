from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_every_page_is_read(run_action: RunAction, world: World) -> None:
    for place in range(110):
        world.pinecone.backups.create(index_name="sparse-example", name=f"b{place}")
    whole = run_action("list_backups", {})["backups"]
    one = run_action("list_backups", {"index": "sparse-example"})["backups"]
    assert (len(whole), len(one), len({backup["backup_id"] for backup in whole})) == (111, 110, 111)


def test_an_index_without_backups_is_an_empty_list(run_action: RunAction) -> None:
    assert run_action("list_backups", {"index": "sparse-example"}) == {"backups": []}


def test_backups_of_a_deleted_index_are_listed_when_asked_for(run_action: RunAction, world: World) -> None:
    run_action("delete_index", {"index": "docs-example", "confirm": "docs-example"})
    with pytest.raises(errors.PineconeNotFound):
        run_action("list_backups", {"index": "docs-example"})
    listed = run_action("list_backups", {"index": "docs-example", "include_deleted": True})["backups"]
    assert [backup["backup_id"] for backup in listed] == [world.backup_id]


def test_deleted_ones_need_an_index(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput, match="index"):
        run_action("list_backups", {"include_deleted": True})
