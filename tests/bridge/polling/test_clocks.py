"""Clocks that disagree: those of machines that poll one project by turns, and Pinecone's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pinecone import Pinecone
from sqlalchemy import text

from bridge import clock, watching
from bridge.access import OPERATOR
from bridge.config import Settings
from bridge.runtime import Runtime, running
from pinecone_emulator import Emulator
from tests.bridge.polling.conftest import create, poll, watch_id

HOUR = timedelta(hours=1)


AHEAD = """CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql
AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 hour' $$"""


@pytest.fixture
def hour_behind(runtime: Runtime, settings: Settings) -> Iterator[Runtime]:
    """A worker on a machine whose clock is an hour behind the database's."""
    with runtime.database.write() as session:
        name = session.execute(text("SELECT current_database()")).scalar_one()
        session.execute(text("CREATE SCHEMA ahead"))
        session.execute(text(AHEAD))
        session.execute(text(f'ALTER DATABASE "{name}" SET search_path = ahead, public, pg_catalog'))
    try:
        with running(settings) as behind:
            yield behind
    finally:
        with runtime.database.write() as session:
            session.execute(text(f'ALTER DATABASE "{name}" RESET search_path'))
            session.execute(text("DROP SCHEMA ahead CASCADE"))


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_look_is_dated_by_the_databases_clock_on_every_machine(
    hour_behind: Runtime, pinecone: Pinecone
) -> None:
    poll(hour_behind, "indexes")
    create(pinecone, "docs")
    [event] = poll(hour_behind, "indexes").events
    row = watching.get(hour_behind, OPERATOR, watch_id(hour_behind, "indexes"))
    assert row.last_poll_at == event.observed_at
    assert abs(event.observed_at - clock.now() - HOUR) < timedelta(minutes=1)


def test_what_pinecone_dates_in_the_future_is_told_as_it_says(
    runtime: Runtime, pinecone: Pinecone, pinecone_emulator: Emulator
) -> None:
    poll(runtime, "backups")
    create(pinecone, "docs")
    pinecone_emulator.control.advance(86_400)
    pinecone.backups.create(index_name="docs", name="tomorrow")
    [event] = poll(runtime, "backups").events
    assert (event.type, event.data["name"]) == ("backup.created", "tomorrow")
    assert event.timestamp - event.observed_at > timedelta(hours=23)
    assert poll(runtime, "backups").events == []
