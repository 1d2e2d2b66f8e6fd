from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction


def test_it_tells_what_it_gives(run_action: RunAction) -> None:
    told = run_action("describe_model", {"model": "llama-text-embed-v2"})
    assert (told["type"], told["default_dimension"], told["max_batch_size"]) == ("embed", 1024, 96)


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_model", {"model": "nothing"})
