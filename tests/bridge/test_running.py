from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from bridge import clock, delivering, endpoints, errors, running
from bridge.access import OPERATOR, Caller
from bridge.errors import Fault, PinehookError
from bridge.models import Audit, Run, Watch
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.receiver import Receiver

INDEX = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
VECTORS = {"index": "docs", "vectors": [{"id": "a", "values": [1, 2, 3]}]}


def run(runtime: Runtime, action: str, given: Any, caller: Caller = OPERATOR) -> Any:
    return running.run(runtime, caller, action, given).output


def refusal(runtime: Runtime, action: str, given: Any, caller: Caller = OPERATOR) -> PinehookError:
    with pytest.raises(PinehookError) as caught:
        run(runtime, action, given, caller)
    return caught.value


@pytest.fixture
def index(runtime: Runtime, pinecone_emulator: Emulator) -> str:
    run(runtime, "create_index", INDEX)
    pinecone_emulator.control.advance(60)
    return "docs"


def test_what_one_action_upserts_another_finds(runtime: Runtime, index: str) -> None:
    run(runtime, "upsert_vectors", VECTORS)
    found = run(runtime, "query_vectors", {"index": index, "vector": [1, 2, 3], "top_k": 1})
    assert [match["id"] for match in found["matches"]] == ["a"]


def test_a_write_leaves_a_run_and_an_audit_row(runtime: Runtime, index: str) -> None:
    ran = running.run(runtime, OPERATOR, "upsert_vectors", VECTORS)
    with runtime.database.read() as session:
        row = session.get_one(Run, ran.run_id)
        audit = session.exec(select(Audit).where(Audit.run_id == row.id)).one()
    assert (row.action, row.state, row.output, row.error) == ("upsert_vectors", "succeeded", ran.output, None)
    assert (audit.verb, audit.subject, audit.outcome, audit.actor) == (
        "action.upsert_vectors", index, "done", "operator",
    )  # fmt: skip


@pytest.mark.usefixtures("index")
def test_the_audit_tells_how_many(runtime: Runtime, pinecone_emulator: Emulator) -> None:
    many = [{"id": str(n), "values": [1, 2, 3], "metadata": {"text": "x" * 100}} for n in range(200)]
    run(runtime, "upsert_vectors", {"index": "docs", "vectors": many})
    run(runtime, "delete_vectors", {"index": "docs", "ids": ["1", "2"], "confirm": "docs"})
    run(runtime, "delete_vectors", {"index": "docs", "delete_all": True, "confirm": "docs"})
    pinecone_emulator.control.fault("/", status=403, method="POST")
    refusal(runtime, "upsert_vectors", VECTORS)
    with runtime.database.read() as session:
        rows = session.exec(select(Audit).order_by(Audit.id)).all()
    assert [(row.verb.removeprefix("action."), row.outcome, row.count) for row in rows] == [
        ("create_index", "done", 1),
        ("upsert_vectors", "done", 200),
        ("delete_vectors", "done", 2),
        ("delete_vectors", "done", None),
        ("upsert_vectors", "pinecone_forbidden", None),
    ]


def test_what_starts_a_change_hurries_the_watches_of_its_kind(runtime: Runtime) -> None:
    with runtime.database.write() as session:
        for watch in session.exec(select(Watch)):
            watch.next_poll_at = clock.now() + timedelta(hours=1)
    run(runtime, "create_index", INDEX)
    soon = clock.now() + timedelta(seconds=5)
    with runtime.database.read() as session:
        hurried = session.exec(select(Watch.trigger).where(Watch.next_poll_at < soon)).all()
    assert hurried == ["indexes"]


def test_a_read_leaves_no_run(runtime: Runtime, index: str) -> None:
    ran = running.run(runtime, OPERATOR, "describe_index", {"index": index})
    with runtime.database.read() as session:
        assert (ran.run_id, session.exec(select(Run.action)).all()) == (None, ["create_index"])


@pytest.mark.usefixtures("index")
def test_a_refused_write_leaves_a_failed_run(runtime: Runtime) -> None:
    problem = refusal(runtime, "create_index", INDEX)
    with runtime.database.read() as session:
        row = session.exec(select(Run).where(Run.state == "failed")).one()
    assert (problem.code, row.error and row.error["code"]) == ("pinecone_conflict", "pinecone_conflict")


def test_a_large_input_is_not_kept_on_the_run(runtime: Runtime, index: str) -> None:
    many = [{"id": str(n), "values": [1, 2, 3], "metadata": {"text": "x" * 100}} for n in range(200)]
    ran = running.run(runtime, OPERATOR, "upsert_vectors", {"index": index, "vectors": many})
    with runtime.database.read() as session:
        assert session.get_one(Run, ran.run_id).input is None


def test_an_unknown_action_is_said_so(runtime: Runtime) -> None:
    assert refusal(runtime, "fly", {}).code == "unknown_action"


def test_the_scope_is_the_action_s_effect(runtime: Runtime) -> None:
    reader = Caller("key_x", "x", frozenset({"read"}))
    assert refusal(runtime, "create_index", INDEX, reader).code == "missing_scope"


def test_an_input_that_does_not_fit_is_refused_before_anything_is_sent(runtime: Runtime) -> None:
    problem = refusal(runtime, "create_index", {**INDEX, "dimension": 0})
    assert problem.errors == (Fault("/dimension", "is below the least, 1"),)


def test_a_wrong_dimension_is_refused_before_anything_is_sent(runtime: Runtime, index: str) -> None:
    given = {"index": index, "vectors": [*VECTORS["vectors"], {"id": "b", "values": [1, 2]}]}
    problem = refusal(runtime, "upsert_vectors", given)
    stats = run(runtime, "describe_index_stats", {"index": index})
    assert ((problem.code, problem.errors[0].pointer), stats["total_vector_count"]) == (
        ("dimension_mismatch", "/vectors/1/values"), 0,
    )  # fmt: skip


def test_an_index_recreated_with_another_dimension_takes_its_new_vectors(
    runtime: Runtime, index: str, pinecone_emulator: Emulator
) -> None:
    run(runtime, "upsert_vectors", VECTORS)
    run(runtime, "delete_index", {"index": index, "confirm": index})
    run(runtime, "create_index", {**INDEX, "dimension": 2})
    pinecone_emulator.control.advance(60)
    given = {"index": index, "vectors": [{"id": "a", "values": [1, 2]}]}
    assert run(runtime, "upsert_vectors", given)["upserted_count"] == 1


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (401, "pinecone_unauthorized", False),
        (402, "pinecone_payment_required", False),
        (403, "pinecone_forbidden", False),
        (404, "pinecone_not_found", False),
        (409, "pinecone_conflict", False),
        (412, "pinecone_failed_precondition", False),
        (413, "pinecone_payload_too_large", False),
        (422, "pinecone_rejected", False),
        (501, "not_supported", False),
    ],
)
def test_each_refusal_of_pinecone_has_its_code(
    runtime: Runtime, pinecone_emulator: Emulator, status: int, code: str, retryable: bool
) -> None:
    pinecone_emulator.control.fault(path="/indexes", status=status, count=10)
    problem = refusal(runtime, "list_indexes", {})
    assert (problem.code, problem.retryable) == (code, retryable)


def test_a_connection_of_another_is_unknown(runtime: Runtime) -> None:
    other = Caller("key_x", "x", frozenset({"read"}), frozenset({"conn_other"}))
    assert isinstance(refusal(runtime, "list_indexes", {}, other), errors.UnknownConnection)


def test_each_end_of_a_run_is_told_with_the_run(runtime: Runtime, receiver: Receiver) -> None:
    endpoints.create(runtime, OPERATOR, url=receiver.url, event_types=["run.*"])
    done = running.run(runtime, OPERATOR, "create_index", INDEX)
    refusal(runtime, "create_index", INDEX)
    delivering.deliver_due(runtime)
    heard = sorted((request.json for request in receiver.received), key=lambda event: event["id"])
    for event in heard:
        runtime.registry.event_types[event["type"]].data.check(dict(event["data"]))
    told = [(event["type"], event["status"], event["data"]["action"]) for event in heard]
    assert (told, heard[0]["key"], heard[0]["data"]["output"]["name"], heard[1]["data"]["error"]["code"]) == (
        [("run.succeeded", "succeeded", "create_index"), ("run.failed", "failed", "create_index")],
        done.run_id,
        "docs",
        "pinecone_conflict",
    )
