"""Clocks that jump, and secrets that change, while deliveries are under way.

All that the bridge judges by a clock is a moment in a row, judged by the database's: a clock that jumps an hour
ahead is the same to it as moments that move an hour back.
"""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import DateTime
from sqlmodel import select
from standardwebhooks import Webhook

from bridge import rotating
from bridge.access import OPERATOR
from bridge.models import Delivery, Endpoint
from tests.bridge.conftest import Owing
from tests.bridge.test_delivering import working
from tests.faults.conftest import on_arrival
from tests.faults.ledger import Ledger
from tests.receiver import Receiver

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


def jump(owing: Owing, ahead: timedelta) -> None:
    """Let every clock jump."""
    with owing.runtime.database.write() as session:
        for model in (Delivery, Endpoint):
            for row in session.exec(select(model).with_for_update()):
                for column in model.__table__.columns:
                    if isinstance(getattr(column.type, "impl", None), DateTime) and getattr(row, column.name):
                        setattr(row, column.name, getattr(row, column.name) - ahead)


def test_a_clock_that_jumps_ahead_ends_leases_and_loses_nothing(ledger: Ledger, receiver: Receiver) -> None:
    jumped = threading.Event()

    def ahead() -> None:
        jump(ledger.owing, HOUR)
        ledger.allowed = len(ledger.under_way())
        jumped.set()

    on_arrival(receiver, 5, ahead)
    ledger.commit(30)
    with working(ledger.owing, 2):
        assert jumped.wait(20)
        ledger.commit(30)
        assert ledger.close("clock jumps an hour ahead").committed == 60


def test_a_clock_that_is_set_back_stops_nobody(ledger: Ledger) -> None:
    ledger.owing.change_endpoints(max_per_second=1000, trip_count=1)
    ledger.commit(20)
    with working(ledger.owing):
        ledger.wait(ledger.settled)
        ledger.owing.change_endpoints(trip_count=1, probe_until_at=ledger.owing.deliveries()[0].next_at)
        jump(ledger.owing, -HOUR * 24)
        ledger.commit(20)
        assert ledger.close("clock set back by a day").duplicates == 0


def test_secrets_that_change_under_load_leave_no_message_unverified(
    ledger: Ledger, receiver: Receiver
) -> None:
    runtime = ledger.owing.runtime
    [endpoint] = {one.id for one in endpoints_of(ledger.owing)}
    first = rotating.reveal(runtime, OPERATOR, endpoint).secret
    with working(ledger.owing, 2):
        for _ in range(5):
            ledger.commit(20)
            rotating.rotate(runtime, OPERATOR, endpoint)
            ledger.commit(20)
        row = ledger.close("secret rotated five times under load")
    verified = [Webhook(first).verify(one.body, one.headers)["id"] for one in receiver.received]
    assert (set(verified), row.duplicates) == (ledger.committed, 0)


def endpoints_of(owing: Owing) -> list[Endpoint]:
    with owing.runtime.database.read() as session:
        return list(session.exec(select(Endpoint)))
