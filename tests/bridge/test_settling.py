from __future__ import annotations

from collections import Counter

from bridge import delivering, endpoints, retry, settling
from bridge.access import OPERATOR
from bridge.attempting import begin, judge
from bridge.outbound import Answer
from tests.bridge.conftest import Owing, ids, statuses
from tests.receiver import Receiver


def test_a_paused_endpoint_waits_and_is_sent_all_of_it_when_resumed(owing: Owing, receiver: Receiver) -> None:
    made = owing.endpoint(receiver.url).endpoint.id
    owing.happen()
    endpoints.update(owing.runtime, OPERATOR, made, state="paused")
    owing.happen()
    assert delivering.deliver_due(owing.runtime) == 0
    endpoints.update(owing.runtime, OPERATOR, made, state="active")
    assert (delivering.deliver_due(owing.runtime), len(receiver.received)) == (2, 2)


def test_a_worker_killed_between_claim_and_settle_loses_nothing(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    [event] = owing.happen()
    [owed] = owing.claim()
    assert (owed.number, delivering.deliver_due(owing.runtime)) == (1, 0)
    owing.expire()
    assert delivering.deliver_due(owing.runtime) == 1
    assert (ids(receiver), statuses(owing.attempts())) == ([event.id], [(2, 204, "succeeded")])


def test_a_delivery_that_kills_every_worker_dies_itself(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen()
    for _ in range(retry.MAX_ATTEMPTS):
        assert len(owing.claim()) == 1
        owing.expire()
        with owing.runtime.database.write() as session:
            settling.sweep(session)
    [delivery] = owing.deliveries()
    assert (delivery.state, delivering.deliver_due(owing.runtime), receiver.received) == ("failed", 0, [])


def test_who_settles_after_its_lease_was_lost_changes_nothing(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen()
    [first] = owing.claim()
    owing.expire()
    with owing.runtime.database.write() as session:
        settling.sweep(session)
    [second] = owing.claim()
    slow, quick = (
        judge(begin(owed), Answer(status, None, "")) for owed, status in ((first, 500), (second, 200))
    )
    with owing.runtime.database.write() as session:
        late = settling.settle(session, [slow, quick])
    [delivery] = owing.deliveries()
    found = [(attempt.number, attempt.status_code, attempt.late) for attempt in owing.attempts()]
    assert (late, delivery.state, found) == ([slow], "succeeded", [(1, 500, True), (2, 200, False)])


def test_what_is_under_way_to_an_endpoint_that_is_removed_is_settled_and_not_tried_again(
    owing: Owing, receiver: Receiver
) -> None:
    made = owing.endpoint(receiver.url).endpoint.id
    owing.happen(2)
    tried = [
        judge(begin(owed), Answer(status, None, ""))
        for owed, status in zip(owing.claim(), (200, 500), strict=True)
    ]
    endpoints.remove(owing.runtime, OPERATOR, made)
    with owing.runtime.database.write() as session:
        assert settling.settle(session, tried) == []
        settling.sweep(session)
    assert [delivery.state for delivery in owing.deliveries()] == ["succeeded", "cancelled"]


def test_a_claim_takes_no_more_than_asked_nor_more_of_one_endpoint(owing: Owing, receiver: Receiver) -> None:
    busy, quiet = (owing.endpoint(receiver.url, kind).endpoint.id for kind in ("index.*", "backup.*"))
    owing.happen(30)
    owing.happen(2, "backup.ready")
    claimed = Counter(owed.endpoint.id for owed in owing.claim(10, limit_each=4))
    without = Counter(owed.endpoint.id for owed in owing.claim(10, limit_each=4, without=[busy]))
    more = Counter(owed.endpoint.id for owed in owing.claim(3, limit_each=100))
    assert (claimed, without, more) == ({busy: 4, quiet: 2}, {}, {busy: 3})


def test_a_claim_of_one_endpoint_is_oldest_first(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    events = [owing.happen()[0].id for _ in range(5)]
    assert [owed.event.id for owed in owing.claim(3)] == events[:3]
