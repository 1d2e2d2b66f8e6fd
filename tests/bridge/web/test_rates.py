from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from bridge import clock, keys, tally
from bridge.db import Database
from bridge.models import RequestRate
from bridge.runtime import Runtime
from tests.bridge.web.conftest import open_web


@pytest.mark.parametrize(
    ("database_url", "processes_counting"), [("sqlite", 2), ("postgresql", 1)], indirect=["database_url"]
)
def test_on_postgresql_the_web_processes_count_together(runtime: Runtime, processes_counting: int) -> None:
    _, key = keys.create(runtime, name="k", scopes=("read",), calls_per_minute=10)
    with open_web(runtime) as one, open_web(runtime) as other:
        clients = one.bearing(key), other.bearing(key)
        asked = [client.get("/v1/me").status_code for _ in range(20) for client in clients]
    # When a minute ends meanwhile, the library takes a few more: it weighs the minute before, and rounds.
    assert 10 * processes_counting <= asked.count(200) <= 13 * processes_counting


def test_what_is_counted_is_forgotten_when_another_period_begins(database: Database) -> None:
    counts = [
        tally.add(database, "old", 1, 60),
        tally.add(database, "old", 1, 60),
        tally.counted(database, "old"),
    ]
    with database.write() as session:
        session.exec(select(RequestRate)).one().expires_at = clock.now() - timedelta(seconds=1)
    counts += [
        tally.add(database, "new", 1, 60),
        tally.counted(database, "old"),
        tally.counted(database, "new"),
    ]
    assert counts == [1, 2, 2, 1, 0, 1]
