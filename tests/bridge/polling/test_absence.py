from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from bridge import clock
from bridge.models import ResourceRow
from bridge.runtime import Runtime
from tests.bridge.polling.conftest import (
    HOST,
    every,
    poll,
    told,
)
from tests.scripted import ScriptedPinecone, wire_backup, wire_index


def test_a_list_that_drops_an_index_deletes_nothing(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    docs = wire_index("docs", HOST)
    backend.answers |= {"/indexes": {"indexes": [docs]}, "/indexes/docs": docs}
    looks = [poll(runtime, "indexes", connection_id)]
    backend.answers["/indexes"] = {"indexes": []}
    looks += [poll(runtime, "indexes", connection_id) for _ in range(2)]
    backend.answers["/indexes/docs"] = 404
    looks.append(poll(runtime, "indexes", connection_id))
    assert [told(look) for look in looks] == [[], [], [], [("index.deleted", "docs")]]


def set_missing_since(runtime: Runtime, seconds_ago: float) -> None:
    with runtime.database.write() as session:
        row = session.exec(select(ResourceRow)).one()
        assert row.missing_since_at is not None
        row.missing_since_at = clock.now() - timedelta(seconds=seconds_ago)


def test_a_backup_counts_as_deleted_when_it_was_missing_for_half_a_minute(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    backend.answers["/backups"] = {"data": [wire_backup("b-1", "Ready")]}
    poll(runtime, "backups", connection_id)
    backend.answers["/backups"] = {"data": []}
    looks = [told(poll(runtime, "backups", connection_id)) for _ in range(2)]
    set_missing_since(runtime, 31)
    looks.append(told(poll(runtime, "backups", connection_id)))
    assert looks == [[], [], [("backup.deleted", "b-1")]]


def test_a_404_that_goes_again_was_no_deletion(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    there, gone = {"data": [wire_backup("b-1", "Ready")]}, {"data": []}
    looks = []
    for answer in (there, gone, there):
        backend.answers["/backups"] = answer
        looks.append(told(poll(runtime, "backups", connection_id)))
    [row] = every(runtime, ResourceRow)
    assert (looks, row.missing_since_at, row.version) == ([[], [], []], None, 1)


def test_what_comes_back_after_it_counted_as_deleted_lives_on_in_its_row(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    there = {"indexes": [wire_index("docs", HOST)]}
    looks = []
    for answer in (there, {"indexes": []}, there, {"indexes": []}):
        backend.answers["/indexes"] = answer
        looks.append(told(poll(runtime, "indexes", connection_id)))
    [row] = every(runtime, ResourceRow)
    assert (looks, row.version) == (
        [
            [],
            [("index.deleted", "docs")],
            [("index.created", "docs"), ("index.ready", "docs")],
            [("index.deleted", "docs")],
        ],
        4,
    )
