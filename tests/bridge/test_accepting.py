from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select, update

from bridge import accepting, clock, errors, executing, pruning, runs
from bridge.accepting import Accepted, Wish
from bridge.access import OPERATOR, SCOPES, Caller
from bridge.config import Settings
from bridge.models import IdempotencyKey, Run
from bridge.runtime import Runtime
from pinecone_emulator import Emulator

ORDER = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
OTHER = Caller("key_other", "other", frozenset(SCOPES))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """What fails does so at once: how often the SDK asks again depends on all that failed in this process before."""
    return settings.model_copy(update={"pinecone_retries": 0})


def ask(
    runtime: Runtime, given: Any, key: str | None = "k", action: str = "create_index", **more: Any
) -> Accepted:
    caller = more.pop("caller", OPERATOR)
    return accepting.accept(runtime, caller, action, dict(given), wish=Wish(key, **more))


def first(accepted: Accepted) -> Run:
    assert accepted.run is not None
    return accepted.run


def indexes(runtime: Runtime) -> list[str]:
    output = accepting.accept(runtime, OPERATOR, "list_indexes", {}).output
    assert output is not None
    return [index["name"] for index in output["indexes"]]


def test_the_same_key_and_body_get_the_first_answer_again(runtime: Runtime) -> None:
    once = ask(runtime, ORDER)
    again = first(ask(runtime, ORDER))
    assert (again.id, again.state, again.output) == (once.run_id, "succeeded", once.output)


def test_a_read_under_a_key_gets_the_first_answer_again_too(runtime: Runtime) -> None:
    once = ask(runtime, {}, action="list_indexes")
    ask(runtime, ORDER, key=None)
    assert first(ask(runtime, {}, action="list_indexes")).output == once.output == {"indexes": []}


def test_another_body_under_the_same_key_is_refused(runtime: Runtime) -> None:
    ask(runtime, ORDER)
    with pytest.raises(errors.IdempotencyKeyReused):
        ask(runtime, {**ORDER, "name": "more"})
    assert indexes(runtime) == ["docs"]


def test_a_refusal_is_answered_again(runtime: Runtime) -> None:
    ask(runtime, ORDER, key=None)
    with pytest.raises(errors.PineconeConflict) as refused:
        ask(runtime, ORDER)
    again = runs.problem(first(ask(runtime, ORDER)))
    assert (type(again), again.detail) == (errors.PineconeConflict, refused.value.detail)


def test_a_failure_that_may_pass_frees_the_key(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    pinecone_emulator.control.fault(path="/indexes", status=503, count=1, retry_after=0)
    with pytest.raises(errors.PineconeFailed):
        ask(runtime, {}, action="list_indexes")
    assert ask(runtime, {}, action="list_indexes").output == {"indexes": []}


def test_keys_of_another_are_others(runtime: Runtime) -> None:
    once = ask(runtime, {}, action="list_indexes")
    others = ask(runtime, {}, action="list_indexes", caller=OTHER)
    assert once.run_id != others.run_id


def test_of_two_at_once_one_runs(runtime: Runtime) -> None:
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ask(runtime, ORDER), range(4)))
    ended = {runs.wait(runtime, OPERATOR, str(answer.run_id), 10).state for answer in answers}
    assert (len({answer.run_id for answer in answers}), ended) == (1, {"succeeded"})


def test_a_key_whose_process_was_killed_is_answered_by_a_worker(runtime: Runtime) -> None:
    ask(runtime, {}, action="list_indexes")
    lost = {
        "state": "running",
        "output": None,
        "lease_token": "x",
        "lease_until": clock.now() - timedelta(seconds=1),
    }
    with runtime.database.write() as session:
        session.execute(update(Run).values(**lost))
    waiting = first(ask(runtime, {}, action="list_indexes"))
    executing.execute_due(runtime, threading.Event())
    ended = runs.wait(runtime, OPERATOR, waiting.id, 10)
    assert (waiting.state, ended.state, ended.output) == ("running", "succeeded", {"indexes": []})


def test_a_background_run_under_a_key_is_queued_once(runtime: Runtime) -> None:
    ids = {ask(runtime, ORDER, background=True).run_id for _ in range(3)}
    assert len(ids) == 1


def test_what_its_schema_calls_long_goes_to_the_worker(runtime: Runtime) -> None:
    accepted = ask(runtime, {"index": "docs"}, key=None, action="wait_for_index")
    assert (first(accepted).state, accepted.patient) == ("queued", True)


def test_keys_are_cleared_away_after_a_day(runtime: Runtime) -> None:
    ask(runtime, {}, action="list_indexes")
    old = f"idem_{int((clock.now() - timedelta(days=1, minutes=1)).timestamp() * 1000):012x}{'0' * 20}"
    with runtime.database.write() as session:
        session.execute(update(IdempotencyKey).values(id=old))
    ask(runtime, {}, key="young", action="list_indexes")
    pruning.prune(runtime)
    with runtime.database.read() as session:
        assert session.exec(select(IdempotencyKey.key)).all() == ["young"]
