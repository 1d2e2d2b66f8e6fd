from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_it_is_gone(run_action: RunAction) -> None:
    run_action("delete_collection", {"collection": "pods-copy", "confirm": "pods-copy"})
    assert run_action("list_collections", {}) == {"collections": []}


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("delete_collection", {"collection": "nothing", "confirm": "nothing"})
