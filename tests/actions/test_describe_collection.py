from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_it_tells_what_it_holds(run_action: RunAction) -> None:
    told = run_action("describe_collection", {"collection": "pods-copy"})
    assert (told["status"], told["environment"], told["vector_count"]) == ("Ready", "us-east1-gcp", 0)


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_collection", {"collection": "nothing"})
