from __future__ import annotations

import pytest
from pinecone import Pinecone
from pinecone.errors import UnauthorizedError

from bridge import connecting, endpoints, polling, watching
from bridge.access import OPERATOR
from bridge.explaining import explain
from bridge.models import Endpoint, Event, ResourceRow
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import (
    HOST,
    create,
    every,
    poll,
    told,
    wait_for_watch,
    watch_id,
)
from tests.scripted import ScriptedPinecone, wire_index


def test_a_look_that_fails_changes_nothing_and_is_retried_ever_later(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST)]}
    poll(runtime, "indexes", connection_id)
    before = [row.model_dump() for row in every(runtime, ResourceRow)]
    found = watch_id(runtime, "indexes", connection_id)
    backend.answers["/indexes"] = 401
    waits = []
    for _ in range(3):
        failed = polling.poll_now(runtime, found)
        waits.append(wait_for_watch(runtime, found))
    row = watching.get(runtime, OPERATOR, found)
    after = [row.model_dump() for row in every(runtime, ResourceRow)]
    assert after == before
    assert (failed.outcome, row.state, row.failure_count, row.last_error) == (
        "failed",
        "active",
        3,
        explain(UnauthorizedError("no")).detail,
    )
    assert [2.5 * 2**n - 0.5 <= wait <= 5 * 2**n + 0.5 for n, wait in enumerate(waits)] == [True] * 3


def test_after_a_failure_the_next_look_tells_what_happened_meanwhile(
    runtime: Runtime, backend: ScriptedPinecone, connection_id: str
) -> None:
    poll(runtime, "indexes", connection_id)
    backend.answers["/indexes"] = 401
    poll(runtime, "indexes", connection_id)
    backend.answers["/indexes"] = {"indexes": [wire_index("docs", HOST, "Initializing")]}
    mended = poll(runtime, "indexes", connection_id)
    row = watching.get(runtime, OPERATOR, mended.watch_id)
    assert (told(mended), row.failure_count, row.last_error, row.last_success_at == row.last_poll_at) == (
        [("index.created", "docs")],
        0,
        None,
        True,
    )


def test_an_unreachable_pinecone_is_the_watchs_failure(runtime: Runtime) -> None:
    gone = connecting.create(runtime, OPERATOR, name="gone", api_key="pckey_gone", host="http://127.0.0.1:9")
    failed = poll(runtime, "indexes", gone.id)
    assert (failed.outcome, failed.error and failed.error.code) == ("failed", "pinecone_unreachable")


@pytest.mark.slow
def test_a_fan_out_that_fails_takes_the_whole_look_back(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    pinecone_emulator.control.next("index", "hold")
    poll(runtime, "indexes")
    broken = endpoints.create(runtime, OPERATOR, url="http://127.0.0.1:9/x", event_types=["*"]).endpoint
    with runtime.database.write() as session:
        session.get_one(Endpoint, broken.id).event_types = [["unhashable"]]  # type: ignore[list-item]
    create(pinecone, "docs")
    failed = poll(runtime, "indexes")
    left = [*every(runtime, ResourceRow), *every(runtime, Event)]
    with runtime.database.write() as session:
        session.get_one(Endpoint, broken.id).event_types = ["*"]
    mended = poll(runtime, "indexes")
    assert (failed.outcome, left, told(mended), mended.delivery_count) == (
        "failed",
        [],
        [("index.created", "docs")],
        1,
    )
