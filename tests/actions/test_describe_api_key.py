from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import API_KEY_ID, RunAction, World


def test_it_is_told_without_its_value(run_action: RunAction, world: World) -> None:
    told = run_action("describe_api_key", {"api_key_id": world.ids[API_KEY_ID]})
    assert (told["name"], sorted(told)) == ("ingest", ["id", "name", "project_id", "roles"])


def test_one_that_is_not_there_is_not_found(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("describe_api_key", {"api_key_id": "nothing"})
