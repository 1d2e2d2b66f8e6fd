from __future__ import annotations

import pytest

from bridge import delivering, endpoints, errors, resending, settling
from bridge.access import OPERATOR, Caller
from tests.bridge.conftest import Owing, ids, statuses
from tests.receiver import Receiver

STRANGER = Caller("key_1", "stranger", frozenset({"read", "write"}), frozenset({"conn_elsewhere"}))


def delivered(owing: Owing, receiver: Receiver) -> str:
    owing.endpoint(receiver.url)
    owing.happen()
    delivering.deliver_due(owing.runtime)
    return owing.deliveries()[0].id


def test_a_resent_delivery_is_the_same_row_with_attempts_numbered_on(
    owing: Owing, receiver: Receiver
) -> None:
    receiver.answers = [204, 500, 204]
    delivery_id = delivered(owing, receiver)
    for _ in range(2):
        resending.resend(owing.runtime, OPERATOR, delivery_id)
        delivering.deliver_due(owing.runtime)
    [delivery] = owing.deliveries()
    found = resending.get_with_attempts(owing.runtime, OPERATOR, delivery_id)
    assert (statuses(found.attempts), len(set(ids(receiver))), delivery.state, delivery.prior_count) == (
        [(1, 204, "succeeded"), (2, 500, "rejected"), (3, 204, "succeeded")],
        1,
        "succeeded",
        2,
    )


def test_a_resent_delivery_has_its_whole_schedule_again(owing: Owing, receiver: Receiver) -> None:
    delivery_id = delivered(owing, receiver)
    receiver.answers = [500]
    with owing.runtime.database.write() as session:
        row = session.get_one(resending.Delivery, delivery_id)
        row.state, row.attempt_count = "failed", 11
    resending.resend(owing.runtime, OPERATOR, delivery_id)
    delivering.deliver_due(owing.runtime)
    [delivery] = owing.deliveries()
    assert (delivery.state, delivery.attempt_count, delivery.prior_count) == ("pending", 12, 11)


def test_what_is_being_sent_cannot_be_resent(owing: Owing, receiver: Receiver) -> None:
    owing.endpoint(receiver.url)
    owing.happen()
    with owing.runtime.database.write() as session:
        [owed] = settling.claim(session, limit=1, limit_each=1, without=(), lease_seconds=30)
    with pytest.raises(errors.Conflict):
        resending.resend(owing.runtime, OPERATOR, owed.delivery_id)


def test_nothing_is_resent_to_a_disabled_endpoint(owing: Owing, receiver: Receiver) -> None:
    receiver.answers = [410]
    delivery_id = delivered(owing, receiver)
    with pytest.raises(errors.EndpointDisabled) as caught:
        resending.resend(owing.runtime, OPERATOR, delivery_id)
    assert "410" in caught.value.detail
    [endpoint] = endpoints.page(owing.runtime, OPERATOR).rows
    endpoints.update(owing.runtime, OPERATOR, endpoint.id, state="active")
    assert resending.resend(owing.runtime, OPERATOR, delivery_id).state == "pending"


def test_nothing_is_resent_to_an_endpoint_that_was_removed(owing: Owing, receiver: Receiver) -> None:
    delivery_id = delivered(owing, receiver)
    endpoints.remove(owing.runtime, OPERATOR, owing.deliveries()[0].endpoint_id)
    with pytest.raises(errors.EndpointRemoved):
        resending.resend(owing.runtime, OPERATOR, delivery_id)
    assert [delivery.state for delivery in owing.deliveries()] == ["succeeded"]


def test_what_a_key_may_not_see_does_not_exist_for_it(owing: Owing, receiver: Receiver) -> None:
    delivery_id = delivered(owing, receiver)
    for verb in (resending.resend, resending.get_with_attempts):
        with pytest.raises(errors.NotFound):
            verb(owing.runtime, STRANGER, delivery_id)
    seen = [len(resending.page(owing.runtime, caller).rows) for caller in (STRANGER, OPERATOR)]
    assert seen == [0, 1]


def test_deliveries_are_found_by_endpoint_event_and_state(owing: Owing, receiver: Receiver) -> None:
    one, other = (owing.endpoint(receiver.url, kind).endpoint.id for kind in ("index.*", "*"))
    first, second = owing.happen(2)
    count = {
        name: len(resending.page(owing.runtime, OPERATOR, **{name: value}).rows)
        for name, value in {"endpoint_id": one, "event_id": second.id, "state": "succeeded"}.items()
    }
    both = resending.page(owing.runtime, OPERATOR, endpoint_id=other, event_id=first.id, state="pending")
    assert (count, len(both.rows)) == ({"endpoint_id": 2, "event_id": 2, "state": 0}, 1)


def test_a_state_that_does_not_exist_is_told(owing: Owing) -> None:
    with pytest.raises(errors.BadRequest):
        resending.page(owing.runtime, OPERATOR, state="lost")
