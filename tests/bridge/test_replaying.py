from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bridge import clock, delivering, endpoints, errors, replaying, settling
from bridge.access import OPERATOR
from tests.bridge.conftest import Owing, ids
from tests.receiver import Receiver

LONG_AGO = clock.now() - timedelta(days=1)


def replay(owing: Owing, endpoint_id: str, **changes: Any) -> dict[str, int]:
    asked = {"since": LONG_AGO, "until": clock.now() + timedelta(seconds=1), **changes}
    done = replaying.replay(owing.runtime, OPERATOR, endpoint_id, **asked)
    return {state: count for state, count in done.counts.items() if count}


def states(owing: Owing) -> Counter[str]:
    return Counter(delivery.state for delivery in owing.deliveries())


@pytest.fixture
def missed(owing: Owing, receiver: Receiver) -> str:
    """An endpoint with one event never owed to it, one failed, one cancelled, one delivered, one waiting."""
    owing.happen()
    made = owing.endpoint(receiver.url, "index.*").endpoint.id
    owing.happen(4)
    for delivery, state in zip(owing.deliveries(), ("failed", "cancelled", "succeeded"), strict=False):
        with owing.runtime.database.write() as session:
            row = session.get_one(replaying.Delivery, delivery.id)
            row.state, row.finished_at, row.attempt_count = state, clock.now(), 3
    owing.happen(1, "backup.ready")
    owing.happen(1, test=True)
    return made


def test_a_preview_counts_and_changes_nothing(owing: Owing, missed: str) -> None:
    before = states(owing)
    counted = [replay(owing, missed, dry_run=True, include=include)
               for include in (replaying.USUAL, replaying.STATES, ["failed"])]  # fmt: skip
    usual = {"missing": 1, "failed": 1, "cancelled": 1}
    assert (counted, states(owing)) == ([usual, {**usual, "succeeded": 1}, {"failed": 1}], before)


def test_what_was_missed_is_sent_and_what_was_delivered_is_not(
    owing: Owing, missed: str, receiver: Receiver
) -> None:
    done = replay(owing, missed)
    again = replay(owing, missed)
    owing.change(next_at=LONG_AGO)
    delivering.deliver_due(owing.runtime)
    assert (done, again, set(states(owing))) == (
        {"missing": 1, "failed": 1, "cancelled": 1}, {}, {"succeeded"})  # fmt: skip
    # Those three, the one that was waiting anyway, and the test event.
    assert len(set(ids(receiver))) == len(receiver.received) == 5
    assert {delivery.prior_count for delivery in owing.deliveries()} == {0, 3}


def test_the_same_replay_twice_sends_what_was_delivered_once_more_only(
    owing: Owing, missed: str, receiver: Receiver
) -> None:
    until = clock.now() + timedelta(milliseconds=200)
    while clock.now() < until:
        pass
    for _ in range(2):
        replay(owing, missed, include=["succeeded"], until=until)
        delivering.deliver_due(owing.runtime)
    assert max(Counter(ids(receiver)).values()) == 1


def test_a_replay_keeps_to_time_type_and_resource(owing: Owing, receiver: Receiver) -> None:
    owing.happen(1, "index.created", resource_id="res_1")
    owing.happen(1, "index.ready", resource_id="res_2")
    made = owing.endpoint(receiver.url, "index.*").endpoint.id
    tomorrow = clock.now() + timedelta(days=1)
    counted = [
        replay(owing, made, dry_run=True, **wish)
        for wish in (
            {},
            {"event_types": ["index.ready"]},
            {"event_types": ["backup.*"]},
            {"resource": "res_1"},
            {"since": tomorrow, "until": tomorrow + timedelta(days=1)},
            {"until": LONG_AGO + timedelta(hours=1)},
        )
    ]
    assert counted == [{"missing": 2}, {"missing": 1}, {}, {"missing": 1}, {}, {}]


def test_a_replay_can_be_spread_over_time(owing: Owing, receiver: Receiver) -> None:
    owing.happen(5)
    made = owing.endpoint(receiver.url).endpoint.id
    replay(owing, made, per_second=2)
    moments = sorted(delivery.next_at for delivery in owing.deliveries())
    assert [round((moment - moments[0]).total_seconds(), 2) for moment in moments] == [0, 0.5, 1, 1.5, 2]


def test_a_long_replay_goes_on_where_it_stopped(
    owing: Owing, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "BATCH", 3)
    monkeypatch.setattr(replaying, "MAX_AT_ONCE", 6)
    owing.happen(8)
    made = owing.endpoint(receiver.url).endpoint.id
    until = clock.now() + timedelta(seconds=1)
    parts = [replaying.replay(owing.runtime, OPERATOR, made, since=LONG_AGO, until=until) for _ in range(2)]
    assert [(part.counts["missing"], part.more, part.until) for part in parts] == [
        (6, True, until),
        (2, False, until),
    ]


def test_an_endpoint_is_not_told_of_itself_by_a_replay(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [410, 204]
    made = owing.endpoint(receiver.url).endpoint.id
    owing.happen()
    delivering.deliver_due(owing.runtime)
    with pytest.raises(errors.Conflict):
        replay(owing, made)
    endpoints.update(owing.runtime, OPERATOR, made, state="active")
    assert replay(owing, made) == {"failed": 1}


@pytest.mark.parametrize("wish", [{"include": []}, {"include": ["lost"]}, {"per_second": 0}])
def test_a_wish_that_makes_no_sense_is_refused(owing: Owing, wish: dict[str, Any]) -> None:
    made = owing.endpoint("http://127.0.0.1:9/").endpoint.id
    with pytest.raises(errors.InvalidInput):
        replay(owing, made, **wish)


def test_a_backlog_goes_on_being_sent_while_its_endpoint_is_removed(owing: Owing, receiver: Receiver) -> None:
    made = owing.endpoint(receiver.url).endpoint.id
    owing.happen(30)
    claimed = owing.claim(10)
    endpoints.remove(owing.runtime, OPERATOR, made)
    with owing.runtime.database.write() as session:
        settling.sweep(session)
    assert (len(claimed), states(owing)) == (10, {"sending": 10, "cancelled": 20})


def test_what_the_filter_keeps_out_is_not_replayed_either(owing: Owing, receiver: Receiver) -> None:
    owing.happen(3, key="docs")
    owing.happen(2, key="news")
    made = owing.endpoint(receiver.url, keys=["news"]).endpoint.id
    counts = [replay(owing, made, dry_run=True), replay(owing, made), replay(owing, made)]
    assert (counts, len(owing.deliveries())) == ([{"missing": 2}, {"missing": 2}, {}], 2)
