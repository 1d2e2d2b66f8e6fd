from __future__ import annotations

import threading

import pytest
from pinecone import Pinecone
from sqlmodel import select

from bridge import errors, polling, running
from bridge.access import OPERATOR
from bridge.models import Watch
from bridge.runtime import Runtime
from pinecone_emulator import Emulator

INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}


def watch(runtime: Runtime, kind: str) -> Watch:
    with runtime.database.read() as session:
        return session.exec(select(Watch).where(Watch.trigger == kind)).one()


def told(runtime: Runtime, kind: str) -> list[tuple[str, str | None]]:
    """What a look tells, as the worker's next one would."""
    polled = polling.poll_now(runtime, watch(runtime, kind).id)
    return [(event.type, event.key) for event in polled.events]


def test_what_is_made_before_any_look_is_told_as_created(runtime: Runtime) -> None:
    running.run(runtime, OPERATOR, "create_index", INDEX)
    assert told(runtime, "indexes") == [("index.created", "docs")]


def test_what_is_deleted_before_any_look_is_told_as_deleted(
    runtime: Runtime, pinecone_emulator: Emulator
) -> None:
    with Pinecone(api_key=pinecone_emulator.api_key, host=pinecone_emulator.url) as elsewhere:
        spec = {"serverless": {"cloud": "aws", "region": "us-east-1"}}
        elsewhere.create_index(name="docs", dimension=3, metric="cosine", spec=spec, timeout=-1)
    pinecone_emulator.control.advance(60)
    running.run(runtime, OPERATOR, "delete_index", {"index": "docs", "confirm": "docs"})
    pinecone_emulator.control.advance(60)
    assert told(runtime, "indexes") == [("index.deleted", "docs")]


def test_asking_what_a_deletion_would_do_looks_at_nothing(runtime: Runtime) -> None:
    with pytest.raises(errors.PineconeNotFound):
        running.run(runtime, OPERATOR, "delete_index", {"index": "docs"})
    assert watch(runtime, "indexes").baseline_at is None


def test_what_had_its_first_look_is_not_looked_at_again(runtime: Runtime) -> None:
    told(runtime, "indexes")
    before = watch(runtime, "indexes")
    running.run(runtime, OPERATOR, "create_index", INDEX)
    assert watch(runtime, "indexes").call_count == before.call_count


def test_a_first_look_under_way_is_waited_for(runtime: Runtime) -> None:
    claimed = dict(polling.claim_due(runtime, 20))
    watch_id = watch(runtime, "indexes").id
    acting = threading.Thread(target=running.run, args=(runtime, OPERATOR, "create_index", INDEX))
    acting.start()
    acting.join(0.5)
    assert acting.is_alive()
    assert polling.poll(runtime, watch_id, claimed[watch_id]).outcome == "baseline"
    acting.join()
    assert told(runtime, "indexes") == [("index.created", "docs")]


def test_a_first_look_that_fails_holds_nothing_up(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    pinecone_emulator.control.fault(path="/indexes", method="GET", status=403)
    made = running.run(runtime, OPERATOR, "create_index", INDEX).output
    indexes = watch(runtime, "indexes")
    assert (made["name"], indexes.baseline_at, indexes.last_error_code) == (
        "docs",
        None,
        "pinecone_forbidden",
    )
