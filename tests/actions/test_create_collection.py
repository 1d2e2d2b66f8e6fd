from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World


def test_it_becomes_ready(run_action: RunAction, world: World) -> None:
    made = run_action("create_collection", {"name": "again", "index": "pods-example"})
    world.emulator.control.advance(60)
    later = run_action("describe_collection", {"collection": "again"})
    assert (made["status"], later["status"]) == ("Initializing", "Ready")


def test_a_serverless_index_has_none(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeRejected, match="Serverless"):
        run_action("create_collection", {"name": "again", "index": "docs-example"})
