from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import update

from actions.shared import bulk
from bridge import accepting, clock, errors, executing, files, progress, runs
from bridge.access import OPERATOR
from bridge.batches import batches
from bridge.models import File, Run
from bridge.plugin import JSON, Written
from bridge.runtime import Runtime
from tests.actions.conftest import RunAction, World

ORDER = {"index": "docs-example", "namespace": "sheet", "id_column": "id", "vector_column": "vector"}


def uploaded(runtime: Runtime, text: str, kind: str = "csv") -> str:
    row = File(name=f"rows.{kind}", kind=kind)
    return files.store(runtime.database, row, [text.encode()], 1 << 30).id


def lines(count: int, *more: str) -> str:
    return "\n".join(
        ["id,vector,year,title", *(f'row-{n},"1, 2, {n + 1}",{2000 + n},T{n}' for n in range(count)), *more]
    )


def counts(output: JSON) -> list[int]:
    return [output[f"{name}_count"] for name in ("upserted", "unchanged", "rejected")]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PIECE", 3)


def test_the_rows_of_a_file_are_written_typed_and_those_that_cannot_be_are_told(
    runtime: Runtime, run_action: RunAction
) -> None:
    file_id = uploaded(runtime, lines(7, 'bad,"1, 2",2020,T', "row-6,,2020,T"))
    output = run_action("upsert_rows", {**ORDER, "file": file_id})
    again = run_action("upsert_rows", {**ORDER, "file": file_id})
    asked = {"index": "docs-example", "namespace": "sheet", "ids": ["row-6"]}
    [stored] = run_action("fetch_vectors", asked)["vectors"]
    assert (counts(output), counts(again), [(row["row"], row["column"]) for row in output["rows"]]) == (
        [7, 0, 2], [0, 7, 2], [(7, "vector"), (8, "vector")],
    )  # fmt: skip
    assert (stored["values"], stored["metadata"]["year"], stored["metadata"]["title"]) == (
        [1, 2, 7],
        2006,
        "T6",
    )


def test_the_sdk_sends_numbers_as_they_were_written(world: World) -> None:
    """Rows by file count on it: an SDK that wants Python's numbers needs another way there."""
    with world.pinecone.index(name="docs-example") as docs:
        [batch] = batches([{"id": "a", "values": Written(b"[1e0, 2.50, -3]", 3), "metadata": {"k": 1}}])
        docs.upsert(vectors=batch)
        stored = docs.fetch(ids=["a"]).vectors["a"]
    assert (stored.values, stored.metadata) == ([1, 2.5, -3], {"k": 1})


def test_what_is_stored_is_the_same_however_the_numbers_are_written(
    runtime: Runtime, run_action: RunAction
) -> None:
    cells = ["1.5, -2, 3e2", "[1.50,-2.0,300]", "1.5;-2;300", "1.5 -2.000000000000000000000000 3E+2"]
    rows = [f'row-{n},"{cell}"' for n, cell in enumerate(cells)]
    output = run_action("upsert_rows", {**ORDER, "file": uploaded(runtime, "\n".join(["id,vector", *rows]))})
    again = [{"id": f"row-{n}", "vector": [1.5, -2, 300]} for n in range(len(cells))]
    unchanged = run_action("upsert_rows", {**ORDER, "rows": again})
    asked = {"index": "docs-example", "namespace": "sheet", "ids": [row["id"] for row in again]}
    stored = run_action("fetch_vectors", asked)["vectors"]
    assert (counts(output), counts(unchanged), [vector["values"] for vector in stored]) == (
        [4, 0, 0], [0, 4, 0], [[1.5, -2, 300]] * 4,
    )  # fmt: skip


def test_another_attempt_goes_on_where_the_first_was_lost(
    runtime: Runtime, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "WRITE_SECONDS", 0)
    monkeypatch.setattr(bulk, "AT_ONCE", 1)
    file_id = uploaded(runtime, lines(12, "bad,x,1,T"))
    run_id = str(accepting.accept(runtime, OPERATOR, "upsert_rows", {**ORDER, "file": file_id}).run_id)
    host = world.pinecone.indexes.describe("docs-example").host
    path = "/" + str(host).split("/", 3)[3]
    world.emulator.control.fault(f"{path}/vectors/upsert", status=429, retry_after=0, count=4)
    executing.execute_due(runtime, threading.Event())
    lost = runs.get(runtime, OPERATOR, run_id)
    for _ in range(4):  # as many as there are refusals: how often the SDK asks again is its own affair
        change(runtime, run_id, next_at=clock.now() - timedelta(seconds=1))
        executing.execute_due(runtime, threading.Event())
    run = runs.get(runtime, OPERATOR, run_id)
    assert (lost.state, run.state, run.done_count, run.total_count, run.error_count) == (
        "queued", "succeeded", 13, 13, 1,
    )  # fmt: skip
    assert run.output is not None
    assert (sum(counts(run.output)), counts(run.output)[2]) == (13, 1)


def change(runtime: Runtime, run_id: str, **values: Any) -> None:
    with runtime.database.write() as session:
        session.execute(update(Run).where(Run.id == run_id).values(**values))  # type: ignore[arg-type]


def test_what_was_reported_is_not_read_again(runtime: Runtime, world: World) -> None:
    file_id = uploaded(runtime, lines(9))
    plan = {
        "header": ["id", "vector", "year", "title"],
        "types": {"year": "number", "title": "string"},
        "total": 9,
    }
    run_id = str(accepting.accept(runtime, OPERATOR, "upsert_rows", {**ORDER, "file": file_id}).run_id)
    change(
        runtime,
        run_id,
        place={"plan": plan, "done": 6, "counts": {"upserted": 5, "rejected": 1}, "rejected": []},
    )
    executing.execute_due(runtime, threading.Event())
    run = runs.get(runtime, OPERATOR, run_id)
    with world.pinecone.index(name="docs-example") as docs:
        written = docs.describe_index_stats().namespaces["sheet"].vector_count
    assert (run.output and counts(run.output), written) == ([8, 0, 1], 3)


def test_one_bad_row_stops_all_where_that_is_asked(runtime: Runtime, run_action: RunAction) -> None:
    file_id = uploaded(runtime, lines(7, 'bad,"1, 2",2020,T'))
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("upsert_rows", {**ORDER, "file": file_id, "on_error": "stop"})
    stats = run_action("describe_index_stats", {"index": "docs-example"})
    assert (caught.value.errors[0].pointer, "sheet" in str(stats)) == ("/rows/7/vector", False)


def test_a_file_for_another_index_is_refused_before_anything_is_sent(
    runtime: Runtime, run_action: RunAction
) -> None:
    file_id = uploaded(runtime, 'id,vector\na,"1,2"\nb,"3,4"\n')
    with pytest.raises(errors.DimensionMismatch):
        run_action("upsert_rows", {**ORDER, "file": file_id})


def test_a_column_that_is_not_there_is_named(runtime: Runtime, run_action: RunAction) -> None:
    file_id = uploaded(runtime, "id,values\na,1\n")
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("upsert_rows", {**ORDER, "file": file_id})
    assert caught.value.errors[0].pointer == "/vector_column"


def test_a_file_that_is_not_there_is_said_so(run_action: RunAction) -> None:
    with pytest.raises(errors.InvalidInput) as caught:
        run_action("upsert_rows", {**ORDER, "file": "file_" + "0" * 32})
    assert caught.value.errors[0].pointer == "/file"


def test_rows_and_a_file_do_not_go_together(runtime: Runtime, run_action: RunAction) -> None:
    file_id = uploaded(runtime, lines(1))
    with pytest.raises(errors.InvalidInput):
        run_action("upsert_rows", {**ORDER, "file": file_id, "rows": [{"id": "a"}]})
