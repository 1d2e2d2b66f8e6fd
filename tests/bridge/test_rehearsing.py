from __future__ import annotations

import pytest
import standardwebhooks

from bridge import cancelling, delivering, endpoints, errors, rehearsing, resending
from bridge.access import OPERATOR
from tests.bridge.conftest import Owing
from tests.receiver import Receiver, serve


@pytest.mark.parametrize(
    ("wants", "event_type", "sent"),
    [
        ("*", None, "index.ready"),
        ("backup.*", None, "backup.created"),
        ("index.*", "backup.ready", "backup.ready"),
    ],
)
def test_a_test_goes_the_way_of_real_events_and_to_nobody_else(
    owing: Owing, receiver: Receiver, wants: str, event_type: str | None, sent: str
) -> None:
    with serve() as other:
        made = owing.endpoint(receiver.url, wants)
        owing.endpoint(other.url)
        delivery = rehearsing.rehearse(owing.runtime, OPERATOR, made.endpoint.id, event_type=event_type)
        delivering.deliver_due(owing.runtime)
        assert other.received == []
    [request] = receiver.received
    event = standardwebhooks.Webhook(made.secret or "").verify(request.body, request.headers)
    after = resending.get_with_attempts(owing.runtime, OPERATOR, delivery.id)
    assert (event["type"], event["test"], after.delivery.state, len(after.attempts)) == (
        sent, True, "succeeded", 1)  # fmt: skip


def test_a_test_that_fails_for_good_is_not_told(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [500]
    made = owing.endpoint(receiver.url, retry_seconds=[]).endpoint.id
    rehearsing.rehearse(owing.runtime, OPERATOR, made)
    delivering.deliver_due(owing.runtime)
    assert ([one.state for one in owing.deliveries()], owing.told()) == (["failed"], [])


def test_what_cannot_be_tested_is_told(owing: Owing) -> None:
    made = owing.endpoint("http://127.0.0.1:9/").endpoint.id
    with pytest.raises(errors.InvalidInput):
        rehearsing.rehearse(owing.runtime, OPERATOR, made, event_type="index.exploded")
    endpoints.update(owing.runtime, OPERATOR, made, state="paused")
    with pytest.raises(errors.Conflict):
        rehearsing.rehearse(owing.runtime, OPERATOR, made)


def test_what_waits_can_be_cancelled_and_what_is_sent_cannot(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen(2)
    [owed] = owing.claim(1)
    [waiting] = [delivery for delivery in owing.deliveries() if delivery.id != owed.delivery_id]
    cancelled = [cancelling.cancel(owing.runtime, OPERATOR, waiting.id) for _ in range(2)]
    with pytest.raises(errors.Conflict):
        cancelling.cancel(owing.runtime, OPERATOR, owed.delivery_id)
    assert ([row.state for row in cancelled], delivering.deliver_due(owing.runtime)) == (["cancelled"] * 2, 0)
    assert resending.resend(owing.runtime, OPERATOR, waiting.id).state == "pending"
