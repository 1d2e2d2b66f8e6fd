from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import IMPORT_URI, RunAction, World


def test_its_records_are_there_when_it_is_done(run_action: RunAction, world: World) -> None:
    started = run_action("start_import", {"index": "docs-example", "uri": world.ids[IMPORT_URI]})
    world.emulator.control.advance(60)
    asked = {"index": "docs-example", "import_id": started["import_id"]}
    told = run_action("describe_import", asked)
    ids = run_action("list_vectors", {"index": "docs-example", "namespace": "imported"})["ids"]
    assert (told["status"], told["records_imported"], ids) == ("Completed", 1, ["row-1"])


def test_an_integrated_index_takes_none(run_action: RunAction, world: World) -> None:
    with pytest.raises(errors.PineconeRejected):
        run_action("start_import", {"index": "articles-example", "uri": world.ids[IMPORT_URI]})
