from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from sqlmodel import select

from bridge import connecting, endpoints, errors, settling, signing
from bridge.access import OPERATOR, Caller
from bridge.models import Audit, Endpoint
from tests.bridge.conftest import Owing

URL = "https://hooks.example/services/T000/B000/abcdefghijklmnop"


def limited(*connection_ids: str, key: str = "key_1") -> Caller:
    return Caller(key, "limited", frozenset({"read", "write"}), frozenset(connection_ids))


def faults(owing: Owing, **changes: Any) -> list[str]:
    with pytest.raises(errors.InvalidInput) as caught:
        endpoints.create(owing.runtime, OPERATOR, **{"url": URL, "event_types": ["*"], **changes})
    return [fault.pointer for fault in caught.value.errors]


def test_a_new_endpoint_shows_its_secret_once_and_its_url_masked(owing: Owing) -> None:
    made = owing.endpoint(URL, "index.*", description="for Slack")
    stored = endpoints.get(owing.runtime, OPERATOR, made.endpoint.id)
    assert (made.new, len(signing.key_of(made.secret or "")), stored.masked_url, stored.event_types,
            stored.description, stored.state) == (
        True, 32, "https://hooks.example/…mnop", ["index.*"], "for Slack", "active")  # fmt: skip


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("https://a.example", "https://a.example"),
        ("https://a.example/", "https://a.example"),
        ("https://a.example/short", "https://a.example/…"),
        ("https://a.example:8443/?token=abcdefghijklmnopqrst", "https://a.example:8443/…qrst"),
    ],
)
def test_a_mask_tells_the_host_and_no_secret(url: str, masked: str, owing: Owing) -> None:
    assert owing.endpoint(url).endpoint.masked_url == masked


def test_neither_url_nor_secret_lies_open_in_the_database(owing: Owing) -> None:
    made = owing.endpoint(URL)
    with owing.runtime.database.read() as session:
        stored = session.exec(select(Endpoint)).one()
    kept = stored.sealed_url + stored.sealed_secret
    assert [text.encode() in kept for text in ("hooks.example", str(made.secret))] == [False, False]


def test_creating_the_same_again_gives_the_first_without_its_secret(owing: Owing) -> None:
    first = owing.endpoint(URL, "index.ready", "backup.ready")
    again = owing.endpoint(URL, "backup.ready", "index.ready", "backup.ready", description="other")
    assert (again.new, again.secret, again.endpoint) == (False, None, first.endpoint)


def test_another_key_url_type_or_connection_makes_another_endpoint(owing: Owing) -> None:
    default = connecting.get(owing.runtime, OPERATOR, None)
    everyone = dataclasses.replace(OPERATOR, api_key_id="key_9")
    made = [
        owing.endpoint(URL),
        owing.endpoint(URL + "q"),
        owing.endpoint(URL, "index.ready"),
        owing.endpoint(URL, connection="default"),
        endpoints.create(owing.runtime, everyone, url=URL, event_types=["*"]),
    ]
    assert (len({one.endpoint.id for one in made}), made[3].endpoint.connection_id) == (5, default.id)


def test_unfit_endpoints_are_refused_with_pointers(owing: Owing) -> None:
    assert [
        faults(owing, url="http://169.254.169.254/latest"),
        faults(owing, event_types=[]),
        faults(owing, event_types=["index.ready", "index.exploded", "indexes.*", "index"]),
        faults(owing, description="x" * 501),
    ] == [
        ["/url"],
        ["/event_types"],
        ["/event_types/1", "/event_types/2", "/event_types/3"],
        ["/description"],
    ]


def test_an_unknown_connection_is_told(owing: Owing) -> None:
    with pytest.raises(errors.UnknownConnection):
        owing.endpoint(URL, connection="nowhere")


def test_a_limited_key_hears_its_connections_only(owing: Owing) -> None:
    default = connecting.get(owing.runtime, OPERATOR, None).id
    one = endpoints.create(owing.runtime, limited(default), url=URL, event_types=["*"])
    with pytest.raises(errors.InvalidInput) as caught:
        endpoints.create(owing.runtime, limited(default, "conn_2"), url=URL, event_types=["*"])
    assert (one.endpoint.connection_id, [fault.pointer for fault in caught.value.errors]) == (
        default,
        ["/connection"],
    )


def test_what_a_key_may_not_see_does_not_exist_for_it(owing: Owing) -> None:
    everything = owing.endpoint(URL).endpoint.id
    stranger = limited("conn_elsewhere")
    for verb in (endpoints.get, endpoints.update, endpoints.remove):
        with pytest.raises(errors.NotFound):
            verb(owing.runtime, stranger, everything)
    assert [list(endpoints.page(owing.runtime, caller).rows) == [] for caller in (stranger, OPERATOR)] == [
        True,
        False,
    ]


def test_pages_are_newest_first(owing: Owing) -> None:
    made = [owing.endpoint(f"{URL}{number}").endpoint.id for number in range(3)]
    first = endpoints.page(owing.runtime, OPERATOR, limit=2)
    second = endpoints.page(owing.runtime, OPERATOR, cursor=first.next_cursor, limit=2)
    assert [row.id for row in (*first.rows, *second.rows)] == made[::-1]


def test_an_endpoint_can_be_changed_paused_and_made_active(owing: Owing) -> None:
    made = owing.endpoint(URL).endpoint.id
    changed = endpoints.update(
        owing.runtime, OPERATOR, made, state="paused", description="d", event_types=["backup.*", "index.*"]
    )
    back = endpoints.update(owing.runtime, OPERATOR, made, state="active")
    assert ((changed.state, changed.description, changed.event_types), back.state) == (
        ("paused", "d", ["backup.*", "index.*"]),
        "active",
    )


def test_two_endpoints_cannot_be_changed_into_the_same(owing: Owing) -> None:
    owing.endpoint(URL, "index.*")
    other = owing.endpoint(URL, "backup.*").endpoint.id
    with pytest.raises(errors.Conflict):
        endpoints.update(owing.runtime, OPERATOR, other, event_types=["index.*"])


@pytest.mark.parametrize("state", ["disabled", "gone"])
def test_only_active_and_paused_can_be_set(owing: Owing, state: Any) -> None:
    made = owing.endpoint(URL).endpoint.id
    with pytest.raises(errors.InvalidInput):
        endpoints.update(owing.runtime, OPERATOR, made, state=state)


def test_an_endpoint_that_is_removed_is_owed_nothing_any_more(owing: Owing) -> None:
    made = owing.endpoint(URL).endpoint.id
    owing.happen(2)
    endpoints.remove(owing.runtime, OPERATOR, made)
    owing.happen()
    again = owing.endpoint(URL)
    with owing.runtime.database.read() as session:
        kept = session.get_one(Endpoint, made)
    assert ([delivery.state for delivery in owing.deliveries()], again.new) == (["cancelled"] * 2, True)
    assert (kept.sealed_url, kept.sealed_secret) == (b"", b"")
    assert [row.id for row in endpoints.page(owing.runtime, OPERATOR).rows] == [again.endpoint.id]
    for verb in (endpoints.get, endpoints.update, endpoints.remove):
        with pytest.raises(errors.NotFound):
            verb(owing.runtime, OPERATOR, made)


def test_removing_a_connection_removes_its_endpoints(owing: Owing) -> None:
    added = connecting.create(owing.runtime, OPERATOR, name="c", api_key="k", host="http://127.0.0.1:9")
    made = owing.endpoint(URL, connection="c").endpoint.id
    kept = owing.endpoint(URL).endpoint.id
    owing.happen(connection_id=added.id)
    connecting.remove(owing.runtime, OPERATOR, added.id)
    with owing.runtime.database.write() as session:
        settling.sweep(session)
    states = {delivery.endpoint_id: delivery.state for delivery in owing.deliveries()}
    assert states == {made: "cancelled", kept: "pending"}
    assert [row.id for row in endpoints.page(owing.runtime, OPERATOR).rows] == [kept]


def test_every_write_is_in_the_audit(owing: Owing) -> None:
    made = owing.endpoint(URL).endpoint.id
    endpoints.update(owing.runtime, OPERATOR, made, description="x")
    endpoints.remove(owing.runtime, OPERATOR, made)
    with owing.runtime.database.read() as session:
        rows = session.exec(select(Audit.verb).where(Audit.subject == made).order_by(Audit.id)).all()
    assert rows == ["endpoint.create", "endpoint.update", "endpoint.remove"]


def test_another_filter_or_other_keys_are_another_endpoint(owing: Owing) -> None:
    choices: list[dict[str, Any]] = [
        {},
        {"keys": ["docs"]},
        {"filter": {"required": ["id"]}},
        {"keys": ["docs"]},
        {"keys": None, "filter": {}},
    ]
    made = [owing.endpoint(URL, **choice) for choice in choices]
    assert [each.new for each in made] == [True, True, True, False, False]


def test_a_filter_is_changed_taken_away_and_refused_with_a_pointer(owing: Owing) -> None:
    made = owing.endpoint(URL, filter={"required": ["id"]}).endpoint.id
    with pytest.raises(errors.InvalidInput) as refused:
        endpoints.update(owing.runtime, OPERATOR, made, filter={"not": {"$ref": "x"}})
    changed = endpoints.update(owing.runtime, OPERATOR, made, filter=None, keys=["b", "a", "a"])
    assert ([fault.pointer for fault in refused.value.errors], changed.filter, changed.keys) == (
        ["/filter/not/$ref"],
        None,
        ["a", "b"],
    )
