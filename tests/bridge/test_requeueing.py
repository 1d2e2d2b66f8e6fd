from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from bridge import clock, delivering, endpoints, errors, requeueing
from bridge.access import OPERATOR, Caller
from tests.bridge.conftest import Owing, ids
from tests.receiver import Receiver

STRANGER = Caller("key_1", "stranger", frozenset({"read", "write"}), frozenset({"conn_elsewhere"}))


def requeue(owing: Owing, caller: Caller = OPERATOR, **changes: Any) -> int:
    return requeueing.requeue(owing.runtime, caller, **changes).count


@pytest.fixture
def failed(owing: Owing, receiver: Receiver) -> list[str]:
    """Four endpoints that failed at three events each: two can be sent, one is disabled, one was removed."""
    made = [
        owing.endpoint(f"{receiver.url}/{number}", "index.*", "backup.*", retry_seconds=[]).endpoint.id
        for number in range(4)
    ]
    receiver.answers = [500]
    owing.happen(2)
    owing.happen(1, "backup.ready")
    owing.happen(1, test=True)
    delivering.deliver_due(owing.runtime)
    endpoints.remove(owing.runtime, OPERATOR, made[3])
    with owing.runtime.database.write() as session:
        session.get_one(endpoints.Endpoint, made[2]).state = "disabled"
    receiver.answers, receiver.received = [204], []
    return made


def test_what_failed_is_requeued_once_for_every_endpoint_that_can_be_sent(
    owing: Owing, failed: list[str], receiver: Receiver
) -> None:
    counts = [requeue(owing, dry_run=True), requeue(owing), requeue(owing)]
    delivering.deliver_due(owing.runtime)
    sent = Counter(one.endpoint_id for one in owing.deliveries() if one.state == "succeeded")
    assert (counts, sent, set(Counter(ids(receiver)).values())) == (
        [6, 6, 0],
        {failed[0]: 3, failed[1]: 3},
        {2},
    )


def test_what_failed_again_after_the_moment_asked_for_stays(
    owing: Owing, failed: list[str], receiver: Receiver
) -> None:
    receiver.answers = [500]
    first = requeueing.requeue(owing.runtime, OPERATOR, endpoint=failed[0])
    delivering.deliver_due(owing.runtime)
    again = [requeue(owing, endpoint=failed[0], until=first.until), requeue(owing, endpoint=failed[0])]
    assert (first.count, again) == (3, [0, 3])


def test_a_requeue_keeps_to_endpoint_type_state_and_time(owing: Owing, failed: list[str]) -> None:
    now = clock.now()
    counted = [
        requeue(owing, dry_run=True, **wish)
        for wish in (
            {"endpoint": failed[0]},
            {"event_types": ["backup.*"]},
            {"states": ["cancelled"]},
            {"since": now + timedelta(hours=1), "until": now + timedelta(hours=2)},
            {"until": now - timedelta(hours=1)},
        )
    ]
    assert (counted, requeue(owing, STRANGER)) == ([3, 2, 0, 0, 0], 0)


def test_a_long_requeue_is_spread_and_goes_on_where_it_stopped(
    owing: Owing, failed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requeueing, "BATCH", 2)
    monkeypatch.setattr(requeueing, "MAX_AT_ONCE", 4)
    parts = [requeueing.requeue(owing.runtime, OPERATOR, per_second=2) for _ in range(2)]
    moments = sorted(one.next_at for one in owing.deliveries() if one.state == "pending")[:2]
    assert ([(part.count, part.more) for part in parts], len(failed)) == ([(4, True), (2, False)], 4)
    assert moments[0] < moments[1]


def test_a_disabled_or_unknown_endpoint_and_a_wish_without_sense_are_refused(
    owing: Owing, failed: list[str]
) -> None:
    for refusal, wish in (
        (errors.EndpointDisabled, {"endpoint": failed[2]}),
        (errors.NotFound, {"endpoint": failed[3]}),
        (errors.InvalidInput, {"states": ["succeeded"]}),
        (errors.InvalidInput, {"per_second": 0}),
    ):
        with pytest.raises(refusal):
            requeue(owing, **wish)
