from __future__ import annotations

import pytest

from bridge import errors
from tests.actions.conftest import RunAction, World

ORDER = {"name": "slow", "dimension": 3, "cloud": "aws", "region": "us-east-1"}


def test_it_returns_as_soon_as_the_index_is_ready(run_action: RunAction, world: World) -> None:
    world.emulator.control.settings(index_seconds=1000)
    run_action("create_index", ORDER)
    early = run_action("wait_for_index", {"index": "slow", "timeout_seconds": 0})
    world.emulator.control.advance(1000)
    late = run_action("wait_for_index", {"index": "slow", "timeout_seconds": 60})
    assert (early["ready"], late["ready"]) == (False, True)


def test_an_index_that_will_never_be_ready_is_said_so(run_action: RunAction, world: World) -> None:
    world.emulator.control.next("index", "fail")
    run_action("create_index", ORDER)
    world.emulator.control.advance(60)
    with pytest.raises(errors.PineconeFailedPrecondition):
        run_action("wait_for_index", {"index": "slow"})


def test_an_unknown_index_is_said_so(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("wait_for_index", {"index": "nowhere"})
