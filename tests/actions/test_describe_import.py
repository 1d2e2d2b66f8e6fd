from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import IMPORT_URI, RunAction, World


def test_it_tells_where_it_reads_and_how_far_it_is(run_action: RunAction, world: World) -> None:
    told = run_action("describe_import", {"index": "docs-example", "import_id": "1"})
    assert (told["uri"], told["status"], told["finished_at"]) == (world.ids[IMPORT_URI], "Pending", None)


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_import", {"index": "docs-example", "import_id": "99"})
