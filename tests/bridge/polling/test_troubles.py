from __future__ import annotations

import pytest
from sqlmodel import col, or_, select

from bridge import clock, connecting, endpoints, polling, troubles, watching
from bridge.access import OPERATOR
from bridge.models import Delivery, Event, Watch
from bridge.runtime import Runtime
from tests.bridge.polling.conftest import every, poll, watch_id
from tests.scripted import ScriptedPinecone


def heard(runtime: Runtime) -> list[tuple[str, str, str | None]]:
    """What the bridge told of connections and watches: (type, trigger, code)."""
    return [(row.type, row.data["trigger"], row.data["code"]) for row in told(runtime)]


def told(runtime: Runtime) -> list[Event]:
    own = or_(col(Event.type).startswith("connection."), col(Event.type).startswith("watch."))
    with runtime.database.read() as session:
        return list(session.exec(select(Event).where(own).order_by(col(Event.position))))


def answer(backend: ScriptedPinecone, status: int | None, *paths: str) -> None:
    for path in paths or ("/indexes", "/backups", "/restore-jobs"):
        backend.answers[path] = status or {"indexes": [], "data": []}


def test_a_key_that_loses_a_permission_is_told_once_and_the_other_watches_go_on(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    wants = endpoints.create(runtime, OPERATOR, url="http://127.0.0.1:9/", event_types=["connection.*"])
    answer(backend, 403, "/backups")
    looks = [
        poll(runtime, kind, connection_id).outcome for kind in ("backups", "indexes", "backups", "indexes")
    ]
    said = watching.get(runtime, OPERATOR, watch_id(runtime, "backups", connection_id))
    answer(backend, None, "/backups")
    poll(runtime, "backups", connection_id)
    owed = [row.endpoint_id for row in every(runtime, Delivery)]
    assert (looks, heard(runtime), said.last_error_code, owed) == (
        ["failed", "baseline", "failed", "polled"],
        [
            ("connection.unauthorized", "backups", "pinecone_forbidden"),
            ("connection.recovered", "backups", None),
        ],
        "pinecone_forbidden",
        [wants.endpoint.id] * 2,
    )


def test_what_is_told_of_a_connection_and_a_watch_fits_its_schema(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    for status in (401, None, 429, None, None):
        answer(backend, status, "/indexes")
        for _ in range(troubles.FAILING_AFTER if status == 429 else 1):
            poll(runtime, "indexes", connection_id)
    rows = told(runtime)
    for row in rows:
        runtime.registry.event_types[row.type].data.check(dict(row.data))
    assert [(row.type, row.status, row.previous_status) for row in rows] == [
        ("connection.unauthorized", "unauthorized", "well"),
        ("connection.recovered", "well", "unauthorized"),
        ("connection.rate_limited", "rate_limited", "well"),
        ("watch.failing", "failing", "active"),
        ("connection.recovered", "well", "rate_limited"),
        ("watch.recovered", "active", "failing"),
    ]


def test_one_look_without_an_answer_is_no_trouble_yet(runtime: Runtime) -> None:
    gone = connecting.create(
        runtime, OPERATOR, name="gone", api_key="pckey_gone", host="http://127.0.0.1:9"
    ).id
    poll(runtime, "indexes", gone)
    first = heard(runtime)
    poll(runtime, "indexes", gone)
    poll(runtime, "backups", gone)
    poll(runtime, "backups", gone)
    assert (first, heard(runtime)) == ([], [("connection.unreachable", "indexes", "pinecone_unreachable")])


def test_when_one_watch_recovers_those_with_the_same_trouble_look_at_once(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    kinds = ("indexes", "backups", "restore_jobs")
    answer(backend, 401)
    for kind in kinds:
        poll(runtime, kind, connection_id)
    answer(backend, None)
    poll(runtime, "indexes", connection_id)
    with runtime.database.read() as session:
        due = select(Watch.trigger).where(
            Watch.connection_id == connection_id, Watch.next_poll_at <= clock.now(), col(Watch.last_error_code).is_not(None)
        )  # fmt: skip
        hurried = set(session.exec(due))
    for kind in kinds[1:]:
        poll(runtime, kind, connection_id)
    assert (hurried, heard(runtime)) == (
        {"backups", "restore_jobs"},
        [
            ("connection.unauthorized", "indexes", "pinecone_unauthorized"),
            ("connection.recovered", "restore_jobs", None),
        ],
    )


@pytest.mark.parametrize("how", ["paused", "removed"])
def test_a_watch_that_looks_no_more_troubles_its_connection_no_more(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str, how: str
) -> None:
    answer(backend, 403, "/backups")
    found = watch_id(runtime, "backups", connection_id)
    polling.poll_now(runtime, found)
    if how == "paused":
        watching.update(runtime, OPERATOR, found, state="paused")
        watching.update(runtime, OPERATOR, found, state="active")
    else:
        watching.remove(runtime, OPERATOR, found)
    assert [name for name, *_ in heard(runtime)] == ["connection.unauthorized", "connection.recovered"]


def test_another_key_that_works_is_told_as_recovery(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    answer(backend, 401, "/indexes")
    poll(runtime, "indexes", connection_id)
    connecting.update(runtime, OPERATOR, connection_id, api_key="pckey_another")
    answer(backend, None, "/indexes")
    poll(runtime, "indexes", connection_id)
    assert [name for name, *_ in heard(runtime)] == ["connection.unauthorized", "connection.recovered"]
