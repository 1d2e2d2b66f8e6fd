from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import bindparam
from sqlmodel import SQLModel, select

from bridge import clock, db, migrations, models
from bridge.db import Database


def add_watches(database: Database, count: int) -> list[str]:
    with database.write() as session:
        connection = models.Connection(name="c", host="http://h", sealed_api_key=b"x", api_key_hint="x")
        session.add(connection)
        session.flush()
        start = clock.now() - timedelta(minutes=1)
        watches = [
            models.Watch(connection_id=connection.id, trigger="indexes", interval_seconds=60,
                         next_poll_at=start + timedelta(seconds=n))
            for n in range(count)
        ]  # fmt: skip
        session.add_all(watches)
        return [watch.id for watch in watches]


def claim_watches(database: Database, limit: int) -> tuple[str, list[str]]:
    table = models.Watch.__table__
    with database.write() as session:
        token, rows = db.claim(
            session,
            table,
            due=(table.c.next_poll_at <= database.now())
            & (table.c.lease_until.is_(None) | (table.c.lease_until < database.now())),
            order=(table.c.next_poll_at, table.c.id),
            limit=limit,
            lease_seconds=30,
        )
        return token, [row["id"] for row in rows]


def test_the_tables_are_what_the_migrations_make(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_migrated_database_has_nothing_pending(database: Database) -> None:
    assert migrations.pending(database) is False


def test_moments_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    moment = datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC)
    with database.write() as session:
        session.add(models.Worker(host="h", pid=1, started_at=moment))
    with database.read() as session:
        assert session.exec(select(models.Worker.started_at)).one() == moment


def test_the_clocks_of_database_and_process_agree(database: Database) -> None:
    with database.read() as session:
        there = session.scalar(select(database.now()))
    assert abs((there - clock.now()).total_seconds()) < 2


@pytest.mark.parametrize("seconds", [90.25, -90.25])
def test_after_is_that_far_from_now(database: Database, seconds: float) -> None:
    with database.read() as session:
        there = session.scalar(select(db.after(database.engine.dialect.name, seconds)))
    assert abs((there - clock.now()).total_seconds() - seconds) < 2


def test_a_claim_takes_the_oldest_due_rows_and_no_more_than_asked(database: Database) -> None:
    ids = add_watches(database, 5)
    assert [claim_watches(database, 2)[1] for _ in range(4)] == [ids[:2], ids[2:4], ids[4:], []]


def test_a_lease_that_ran_out_is_claimed_again_with_another_token(database: Database) -> None:
    [watch_id] = add_watches(database, 1)
    first, _ = claim_watches(database, 1)
    with database.write() as session:
        session.get_one(models.Watch, watch_id).lease_until = clock.now() - timedelta(seconds=1)
    second, claimed = claim_watches(database, 1)
    assert (claimed, second == first) == ([watch_id], False)


def break_off(database: Database) -> None:
    with database.write() as session:
        session.add(models.Worker(host="h", pid=1))
        session.flush()
        raise ZeroDivisionError


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        break_off(database)
    with database.read() as session:
        assert session.exec(select(models.Worker)).all() == []


def test_a_lookup_finds_what_a_session_finds(database: Database) -> None:
    made = models.ApiKey(
        name="k", hash="h", hint="p", scopes=["read"], expires_at=clock.now() + timedelta(days=1)
    )
    with database.write() as session:
        session.add(made)
    table = models.ApiKey.__table__
    found = database.lookup(table.select().where(table.c.hash == bindparam("hash")), hash="h")
    assert found._asdict() == made.model_dump()
    assert database.lookup(table.select().where(table.c.hash == bindparam("hash")), hash="x") is None


def test_a_lookup_finds_its_row_after_the_server_has_let_go_of_what_was_kept(database: Database) -> None:
    with database.write() as session:
        session.add(models.Worker(host="h", pid=1))
    asked = select(models.Worker.host)
    assert database.lookup(asked).host == "h"
    if not database.is_sqlite:
        everybody = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        with database.engine.connect() as connection:
            connection.exec_driver_sql(f"{everybody} AND datname = current_database()")
    assert database.lookup(asked).host == "h"


def test_a_lookup_sees_what_another_has_just_committed(database: Database) -> None:
    asked = select(models.Worker.pid)
    assert database.lookup(asked) is None
    with database.write() as session:
        session.add(models.Worker(host="h", pid=7))
    assert database.lookup(asked).pid == 7
