from __future__ import annotations

import threading

import pytest
from sqlmodel import col, update

from bridge import accepting, clock, errors, executing, runs
from bridge.access import OPERATOR
from bridge.models import Run
from bridge.runtime import Runtime
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


def test_a_run_that_waits_keeps_no_worker_and_goes_on_until_the_same_moment(
    runtime: Runtime, run_action: RunAction, world: World
) -> None:
    world.emulator.control.settings(index_seconds=1000)
    run_action("create_index", ORDER)
    order = {"index": "slow", "timeout_seconds": 30}
    run = accepting.accept(runtime, OPERATOR, "wait_for_index", order).run
    assert run is not None
    places = []
    for _ in range(2):
        with runtime.database.write() as session:
            session.exec(update(Run).where(col(Run.id) == run.id).values(next_at=clock.now()))
        executing.execute_due(runtime, threading.Event())
        rests = runs.get(runtime, OPERATOR, run.id)
        places.append((rests.state, rests.place))
    assert (places[0][0], places[0][1] is not None, places[1]) == ("queued", True, places[0])


def test_an_unknown_index_is_said_so(run_action: RunAction) -> None:
    with pytest.raises(errors.PineconeNotFound):
        run_action("wait_for_index", {"index": "nowhere"})
