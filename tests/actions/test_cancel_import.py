from __future__ import annotations

from tests.actions.conftest import RunAction


def test_it_ends_cancelled(run_action: RunAction) -> None:
    told = run_action("cancel_import", {"index": "docs-example", "import_id": "1"})
    assert (told["status"], told["records_imported"]) == ("Cancelled", 0)
