"""A prepared statement means what the same statement means to SQLAlchemy."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Boolean, Float, String, bindparam, literal, select, update

from bridge import clock, db, given, models
from bridge.db import Database
from bridge.prepared import run

WATCH = models.Watch.__table__


def watches(database: Database) -> list[models.Watch]:
    with database.write() as session:
        connection = models.Connection(name="c", host="http://h", sealed_api_key=b"x", api_key_hint="x")
        session.add(connection)
        session.flush()
        made = [
            models.Watch(connection_id=connection.id, trigger=name, interval_seconds=60 + number,
                         settings={"é": [number, "“"]}, next_poll_at=clock.now() + timedelta(seconds=number))
            for number, name in enumerate(("indexes", "backups", "o'clock %s"))
        ]  # fmt: skip
        session.add_all(made)
    return made


def test_rows_are_what_a_session_reads(database: Database) -> None:
    made = watches(database)
    statement = select(WATCH).order_by(WATCH.c.interval_seconds)
    with database.read() as session:
        rows = run(session.connection(), statement, {})
    assert [row._asdict() for row in rows] == [one.model_dump() for one in made]


def test_parameters_are_taken_by_name_lists_and_rows_among_them(database: Database) -> None:
    made = watches(database)
    dialect = database.engine.dialect.name
    named = select(WATCH.c.id).where(given.among(dialect, WATCH.c.trigger, "names"))
    rows = given.rows(dialect, "wanted", id=String, share=Float, good=Boolean)
    joined = select(rows.c.share, rows.c.good, WATCH.c.trigger, literal("“").label("fixed")).join(
        WATCH, WATCH.c.id == rows.c.id
    )
    wanted = [{"id": made[0].id, "share": 0.5, "good": True}, {"id": made[2].id, "share": 2, "good": False}]
    with database.read() as session:
        connection = session.connection()
        found = run(connection, named, {"names": ["backups", "o'clock %s", 'a "b" \\ c']})
        pairs = run(connection, joined, {"wanted": wanted})
        none = run(connection, named, {"names": []})
    assert {row.id for row in found} == {made[1].id, made[2].id}
    assert sorted(tuple(row) for row in pairs) == [
        (0.5, True, "indexes", "“"),
        (2.0, False, "o'clock %s", "“"),
    ]
    assert none == []


def test_a_change_returns_rows_only_where_it_is_asked_for_them(database: Database) -> None:
    [first, second, _] = watches(database)
    silent = (
        update(WATCH).where(WATCH.c.id == bindparam("which")).values(interval_seconds=bindparam("seconds"))
    )
    telling = silent.returning(WATCH.c.id)
    with database.write() as session:
        assert run(session.connection(), silent, {"which": first.id, "seconds": 90}) == []
        told = run(session.connection(), telling, {"which": second.id, "seconds": 91})
    assert [row.id for row in told] == [second.id]
    with database.read() as session:
        seconds = session.execute(select(WATCH.c.interval_seconds)).scalars().all()
    assert sorted(seconds) == [62, 90, 91]


def test_moments_are_reckoned_by_the_database(database: Database) -> None:
    dialect = database.engine.dialect.name
    now = db.database_now(dialect)
    soon = db.after(dialect, 90.5)
    later = db.after(dialect, 0.25, since=soon)
    ahead = db.seconds_until(dialect, soon)
    statement = select(now.label("now"), soon.label("soon"), later.label("later"), ahead.label("ahead"))
    with database.read() as session:
        [row] = run(session.connection(), statement, {})
    assert timedelta(seconds=90) < row.soon - row.now < timedelta(seconds=91)
    assert timedelta(seconds=90.2) < row.later - row.now < timedelta(seconds=91.5)
    assert 90 < row.ahead < 91
