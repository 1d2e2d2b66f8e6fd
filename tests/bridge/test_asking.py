from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from bridge import errors, registry, running
from bridge.access import OPERATOR, Caller
from bridge.models import Audit, Run
from bridge.runtime import Runtime
from pinecone_emulator import Emulator

INDEX = {"name": "docs", "dimension": 3}
DELETIONS = [action for action in registry.load().actions.values() if action.effect == "delete"]


@pytest.fixture
def index(runtime: Runtime, pinecone_emulator: Emulator) -> str:
    running.run(runtime, OPERATOR, "create_index", INDEX)
    pinecone_emulator.control.advance(60)
    vectors = [{"id": name, "values": [1, 2, 3]} for name in "abc"]
    running.run(runtime, OPERATOR, "upsert_vectors", {"index": "docs", "vectors": vectors})
    return "docs"


def deleted(runtime: Runtime, **given: Any) -> Any:
    return running.run(runtime, OPERATOR, "delete_index", given).output


def test_unless_the_name_is_repeated_a_deletion_only_tells_what_it_would_delete(
    runtime: Runtime, index: str
) -> None:
    asked = running.run(runtime, OPERATOR, "delete_index", {"index": index})
    would = {"confirm": "docs", "record_count": 3, "indexes": ["docs"], "refused_because": None}
    assert (asked.run_id, asked.output) == (
        None,
        {"index": "docs", "status": None, "deleted": False, "would_delete": would},
    )
    assert deleted(runtime, index=index, confirm=would["confirm"])["deleted"] is True


def test_what_only_asks_leaves_neither_run_nor_audit(runtime: Runtime, index: str) -> None:
    deleted(runtime, index=index)
    with runtime.database.read() as session:
        told = [row.verb for row in session.exec(select(Audit).where(Audit.verb == "action.delete_index"))]
        runs = session.exec(select(Run.id).where(Run.action == "delete_index")).all()
    assert (told, runs) == ([], [])


def test_another_name_is_refused_before_anything_is_done(runtime: Runtime, index: str) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        deleted(runtime, index=index, confirm="notes")
    assert [fault.pointer for fault in caught.value.errors] == ["/confirm"]
    assert deleted(runtime, index=index)["would_delete"]["record_count"] == 3


def test_deletion_protection_is_told_before_and_respected_after(runtime: Runtime, index: str) -> None:
    running.run(runtime, OPERATOR, "configure_index", {"index": index, "deletion_protection": "enabled"})
    told = deleted(runtime, index=index)["would_delete"]["refused_because"]
    with pytest.raises(errors.PineconeForbidden):
        deleted(runtime, index=index, confirm=index)
    assert told == "its deletion protection is enabled; switch it off with configure_index first"


def test_the_default_namespace_is_confirmed_by_its_name(runtime: Runtime, index: str) -> None:
    given = {"index": index, "namespace": ""}
    would = running.run(runtime, OPERATOR, "delete_namespace", given).output["would_delete"]
    done = running.run(runtime, OPERATOR, "delete_namespace", given | {"confirm": would["confirm"]}).output
    assert (would["confirm"], would["record_count"], done["deleted"]) == ("__default__", 3, True)


def test_even_to_ask_needs_the_scope(runtime: Runtime, index: str) -> None:
    reader = Caller("key_x", "x", frozenset({"read", "write"}))
    with pytest.raises(errors.MissingScope):
        running.run(runtime, reader, "delete_index", {"index": index})


@pytest.mark.parametrize("action", DELETIONS, ids=lambda action: action.name)
def test_every_deletion_asks_and_tells_alike(action: registry.ActionPlugin) -> None:
    outputs = action.output.bundled["properties"]
    assert action.confirm in action.input.bundled["properties"]
    assert {"confirm"} <= set(action.input.bundled["properties"]) - set(action.input.bundled["required"])
    assert {"deleted", "would_delete"} <= set(outputs)


@pytest.mark.parametrize(
    ("given", "count"),
    [
        ({"ids": ["a", "b", "gone", "a"]}, 2),
        ({"prefix": "a"}, 1),
        ({"filter": {"genre": "none"}}, 0),
        ({"delete_all": True}, 3),
        ({"delete_all": True, "namespace": "nowhere"}, 0),
    ],
)
def test_the_records_that_are_there_are_counted(
    runtime: Runtime, index: str, given: dict[str, Any], count: int
) -> None:
    told = running.run(runtime, OPERATOR, "delete_vectors", {"index": index, **given}).output
    stats = running.run(runtime, OPERATOR, "describe_index_stats", {"index": index}).output
    assert (told["would_delete"]["record_count"], stats["total_vector_count"]) == (count, 3)
