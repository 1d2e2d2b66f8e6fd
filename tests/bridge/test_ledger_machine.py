"""Random lives of deliveries against a model: whatever is done in whatever order, the rows are what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlmodel import delete

from bridge import cancelling, clock, endpoints, errors, fanout, replaying, requeueing, resending, settling
from bridge.access import OPERATOR
from bridge.models import Attempt, Delivery, Endpoint, Event
from bridge.settling import Owed, Tried
from tests.bridge.conftest import Owing

pytestmark = pytest.mark.slow
ENDED = {"succeeded", "failed", "cancelled"}
OUTCOMES = {"succeeded": "succeeded", "pending": "interrupted", "failed": "too_large"}
Row = tuple[str, str]


@dataclass
class Modelled:
    """What one delivery is to be. token: of the claim that may settle it."""

    state: str = "pending"
    attempts: int = 0
    prior: int = 0
    token: str | None = None

    def reopen(self) -> None:
        self.state, self.prior = "pending", self.attempts


class Lives(RuleBasedStateMachine):
    """One dispatcher's verbs and a person's, in any order."""

    owing: Owing

    def __init__(self) -> None:
        super().__init__()
        with self.owing.runtime.database.write() as session:
            for table in (Attempt, Delivery, Event, Endpoint):
                session.exec(delete(table))
        self.states: dict[str, str] = {}
        self.limits: dict[str, int] = {}
        self.events: list[Event] = []
        self.rows: dict[Row, Modelled] = {}
        self.in_hand: list[Owed] = []

    def of(self, endpoint: str) -> list[Modelled]:
        return [row for (_, name), row in self.rows.items() if name == endpoint]

    def reachable(self, endpoint: str) -> bool:
        return self.states[endpoint] in fanout.REACHABLE

    @initialize()
    def begin(self) -> None:
        self.subscribe([1, 1])
        self.happen(3)

    @precondition(lambda self: len(self.states) < 3)
    @rule(waits=st.sampled_from([[], [1, 1], None]))
    def subscribe(self, waits: list[int] | None) -> None:
        url = f"http://127.0.0.1:9/{len(self.states)}"
        made = self.owing.endpoint(url, "index.*", retry_seconds=waits).endpoint.id
        self.states[made] = "active"
        self.limits[made] = 11 if waits is None else len(waits) + 1

    @rule(count=st.integers(1, 3))
    def happen(self, count: int) -> None:
        for event in self.owing.happen(count):
            self.events.append(event)
            for endpoint in filter(self.reachable, self.states):
                self.rows[event.id, endpoint] = Modelled()

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def owe_an_event_again(self, data: Any) -> None:
        event = data.draw(st.sampled_from(self.events))
        with self.owing.runtime.database.write() as session:
            fanout.fan_out(session, [event])
        for endpoint in filter(self.reachable, self.states):
            self.rows.setdefault((event.id, endpoint), Modelled())

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        owed = self.owing.claim(limit)
        due = {key for key, row in self.rows.items()
               if row.state == "pending" and self.states[key[1]] == "active"}  # fmt: skip
        taken = [(one.event.id, one.endpoint.id) for one in owed]
        assert (len(set(taken)), set(taken) <= due, bool(taken)) == (len(taken), True, bool(due))
        assert len(taken) <= limit
        for key, one in zip(taken, owed, strict=True):
            row = self.rows[key]
            row.state, row.token, row.attempts = "sending", one.token, row.attempts + 1
            assert (one.number, one.since_opened) == (row.attempts, row.attempts - row.prior)
        self.in_hand += owed

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data(), state=st.sampled_from(sorted(OUTCOMES)))
    def settle(self, data: Any, state: str) -> None:
        owed = self.in_hand.pop(data.draw(st.integers(0, len(self.in_hand) - 1)))
        tried = Tried(owed, state, 0, OUTCOMES[state], clock.now(), 0.1)
        with self.owing.runtime.database.write() as session:
            late = settling.settle(session, [tried])
        row = self.rows[owed.event.id, owed.endpoint.id]
        holds = (row.state, row.token) == ("sending", owed.token)
        assert late == ([] if holds else [tried])
        if holds:
            row.state, row.token = state, None

    @rule()
    def take_over(self) -> None:
        """Let leases run out, and another worker claim: here two believe that they may settle."""
        self.let_leases_run_out()
        self.claim(4)

    @rule()
    def let_leases_run_out(self) -> None:
        self.owing.expire()
        with self.owing.runtime.database.write() as session:
            settling.sweep(session)
        for (_, endpoint), row in self.rows.items():
            if row.state == "sending":
                lost = row.attempts - row.prior >= self.limits[endpoint]
                row.state, row.token = "failed" if lost else "pending", None
            if row.state == "pending" and self.states[endpoint] == "removed":
                row.state = "cancelled"

    @precondition(lambda self: self.states)
    @rule(data=st.data(), state=st.sampled_from(["active", "paused"]))
    def pause_or_resume(self, data: Any, state: str) -> None:
        endpoint = data.draw(st.sampled_from(sorted(self.states)))
        if self.states[endpoint] == "removed":
            with pytest.raises(errors.NotFound):
                endpoints.update(self.owing.runtime, OPERATOR, endpoint, state=state)
            return
        endpoints.update(self.owing.runtime, OPERATOR, endpoint, state=state)
        self.states[endpoint] = state

    @precondition(lambda self: any(map(self.reachable, self.states)))
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        endpoint = data.draw(st.sampled_from(sorted(filter(self.reachable, self.states))))
        endpoints.remove(self.owing.runtime, OPERATOR, endpoint)
        self.states[endpoint] = "removed"
        for row in self.of(endpoint):
            if row.state == "pending":
                row.state = "cancelled"

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), verb=st.sampled_from([resending.resend, cancelling.cancel]))
    def resend_or_cancel(self, data: Any, verb: Any) -> None:
        key = data.draw(st.sampled_from(sorted(self.rows)))
        row = self.rows[key]
        [delivery] = [one for one in self.owing.deliveries() if (one.event_id, one.endpoint_id) == key]
        closed = verb is resending.resend and self.states[key[1]] == "removed"
        if closed or row.state == "sending":
            with pytest.raises(errors.Conflict):
                verb(self.owing.runtime, OPERATOR, delivery.id)
            return
        verb(self.owing.runtime, OPERATOR, delivery.id)
        if verb is resending.resend:
            row.reopen()
        elif row.state == "pending":
            row.state = "cancelled"

    @rule()
    def requeue(self) -> None:
        requeueing.requeue(self.owing.runtime, OPERATOR, until=soon())
        for (_, endpoint), row in self.rows.items():
            if row.state == "failed" and self.reachable(endpoint):
                row.reopen()

    @precondition(lambda self: any(map(self.reachable, self.states)))
    @rule(data=st.data(), include=st.sets(st.sampled_from(replaying.STATES), min_size=1))
    def replay(self, data: Any, include: set[str]) -> None:
        endpoint = data.draw(st.sampled_from(sorted(filter(self.reachable, self.states))))
        past = clock.now() - timedelta(hours=1)
        replaying.replay(
            self.owing.runtime, OPERATOR, endpoint, since=past, until=soon(), include=sorted(include)
        )
        for event in self.events:
            row = self.rows.get((event.id, endpoint))
            if row is None and "missing" in include:
                self.rows[event.id, endpoint] = Modelled()
            elif row is not None and row.state in include & ENDED:
                row.reopen()

    @invariant()
    def the_rows_are_what_the_model_says(self) -> None:
        stored = {
            (one.event_id, one.endpoint_id): (one.state, one.attempt_count, one.prior_count, one.lease_token)
            for one in self.owing.deliveries()
        }
        assert stored == {
            key: (row.state, row.attempts, row.prior, row.token) for key, row in self.rows.items()
        }


def soon() -> Any:
    return clock.now() + timedelta(seconds=5)


def test_deliveries_live_as_the_model_says(owing: Owing) -> None:
    machine = type("LivesHere", (Lives,), {"owing": owing})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=20,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # a fixed budget: what fails is told as it is, not made smaller
            suppress_health_check=list(HealthCheck),
        ),
    )
