from __future__ import annotations

import pytest

from bridge import endpoints, fanout
from bridge.access import OPERATOR
from tests.bridge.conftest import Owing, new_event

URL = "https://receiver.example/"


@pytest.mark.parametrize(
    ("patterns", "answer"),
    [
        (["index.ready"], True),
        (["index.*"], True),
        (["*"], True),
        (["backup.ready", "index.ready"], True),
        (["index.created"], False),
        (["ind.*"], False),
        (["backup.*"], False),
        ([], False),
    ],
)
def test_a_type_is_wanted_by_name_noun_or_star(patterns: list[str], answer: bool) -> None:
    assert fanout.wanted("index.ready", patterns) is answer


def test_an_event_is_owed_once_to_each_endpoint_that_wants_it(owing: Owing) -> None:
    wants = [owing.endpoint(f"{URL}{number}", kind).endpoint.id
             for number, kind in enumerate(["index.ready", "index.*", "*", "backup.*"])]  # fmt: skip
    [event] = owing.happen()
    with owing.runtime.database.write() as session:
        again = fanout.fan_out(session, [event])
    owed = {(delivery.event_id, delivery.endpoint_id, delivery.state) for delivery in owing.deliveries()}
    assert (again, owed) == (0, {(event.id, endpoint_id, "pending") for endpoint_id in wants[:3]})


def test_an_endpoint_of_one_connection_is_owed_nothing_of_another(owing: Owing) -> None:
    owing.endpoint(URL, connection="default")
    owing.happen(connection_id="conn_other")
    assert owing.deliveries() == []


def test_a_paused_endpoint_is_owed_what_happens_and_a_disabled_one_is_not(owing: Owing) -> None:
    paused, disabled = (owing.endpoint(f"{URL}{number}").endpoint.id for number in range(2))
    endpoints.update(owing.runtime, OPERATOR, paused, state="paused")
    with owing.runtime.database.write() as session:
        endpoint = session.get_one(endpoints.Endpoint, disabled)
        endpoint.state = "disabled"
    owing.happen()
    assert [delivery.endpoint_id for delivery in owing.deliveries()] == [paused]


def test_what_is_owed_goes_with_the_transaction_that_is_rolled_back(owing: Owing) -> None:
    owing.endpoint(URL)
    [event] = owing.happen()
    with owing.runtime.database.write() as session:
        session.add(new := new_event("index.ready"))
        session.flush()
        owed = fanout.fan_out(session, [event, new])
        session.rollback()
    assert (owed, len(owing.deliveries())) == (1, 1)


def test_an_endpoint_is_owed_only_what_its_keys_and_its_filter_let_through(owing: Owing) -> None:
    ready = {"properties": {"status": {"const": "Ready"}}}
    made = owing.endpoint(URL, keys=["docs-*", "n?ws"], filter=ready).endpoint.id
    fitting = owing.happen(key="docs-eu") + owing.happen(key="news")
    owing.happen(key="docs")
    owing.happen(key="docs-eu", status="Failed")
    owed = {(delivery.event_id, delivery.endpoint_id) for delivery in owing.deliveries()}
    assert owed == {(event.id, made) for event in fitting}
