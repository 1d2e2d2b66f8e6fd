"""Workers that are killed while they execute a run: another goes on, and nothing is written twice or left out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import col, update

from bridge import accepting, clock, files, runs
from bridge.access import OPERATOR
from bridge.models import File, Run
from pinecone_emulator import Emulator
from tests.bridge.conftest import Owing
from tests.faults.conftest import Workers

ROWS = 60_000


def wait(runtime_has: Callable[[], bool], seconds: float = 90) -> None:
    until = clock.monotonic() + seconds
    while not runtime_has():
        assert clock.monotonic() < until
        threading.Event().wait(0.05)


@pytest.mark.faults
def test_a_worker_killed_in_the_middle_of_a_file_is_followed_by_another_that_goes_on(
    workers: Workers, owing: Owing, pinecone_emulator: Emulator
) -> None:
    runtime = owing.runtime
    order = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
    accepting.accept(runtime, OPERATOR, "create_index", order)
    pinecone_emulator.control.advance(60)
    lines = "".join(f'row-{n},"1,2,{n + 1}"\n' for n in range(ROWS))
    file = files.store(
        runtime.database, File(name="a.csv", kind="csv"), [b"id,vector\n", lines.encode()], 1 << 30
    )
    given = {"index": "docs", "id_column": "id", "vector_column": "vector", "file": file.id}
    run_id = str(accepting.accept(runtime, OPERATOR, "upsert_rows", given).run_id)

    first = workers.start()
    wait(lambda: runs.get(runtime, OPERATOR, run_id).done_count > 0)
    workers.kill(first)
    lost = runs.get(runtime, OPERATOR, run_id)
    with runtime.database.write() as session:
        run_out = clock.now() - timedelta(seconds=1)
        session.execute(update(Run).where(col(Run.id) == run_id).values(lease_until=run_out))
    workers.start()
    run = runs.wait(runtime, OPERATOR, run_id, 90)

    stats = accepting.accept(runtime, OPERATOR, "describe_index_stats", {"index": "docs"}).output
    assert (lost.state, 0 < lost.done_count < ROWS, run.state, run.attempt_count) == (
        "running", True, "succeeded", 2,
    )  # fmt: skip
    assert run.output is not None
    assert stats is not None
    assert (run.output["upserted_count"] + run.output["unchanged_count"], stats["total_vector_count"]) == (
        ROWS,
        ROWS,
    )
