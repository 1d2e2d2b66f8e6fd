from __future__ import annotations

import random
import threading
import time

import pytest
from sqlmodel import col, select, update

from bridge import connecting, errors, events, fanout, pulling
from bridge.access import OPERATOR, Caller
from bridge.models import Counter, Event
from bridge.pulling import Filter, Pulled
from tests.bridge.conftest import Owing, new_event

STRANGER = Caller("key_1", "stranger", frozenset({"read"}), frozenset({"conn_elsewhere"}))


def pull(owing: Owing, cursor: str, limit: int = 100, **changes: object) -> Pulled:
    caller = changes.pop("caller", OPERATOR)
    return pulling.after(owing.runtime, caller, cursor=cursor, limit=limit, **changes)


def told(pulled: Pulled) -> list[str]:
    return [event.id for event in pulled.rows]


@pytest.mark.slow
def test_a_reader_misses_nothing_however_many_write_at_once(owing: Owing) -> None:
    owing.endpoint("http://127.0.0.1:9/")
    written: list[str] = []
    done = threading.Event()

    def write(seed: int) -> None:
        chance = random.Random(seed)
        for number in range(15):
            found = [new_event("index.ready", number) for _ in range(chance.randint(1, 3))]
            with owing.runtime.database.write() as session:
                fanout.fan_out(session, events.store(session, found))
                if not owing.runtime.database.is_sqlite:
                    time.sleep(chance.random() * 0.02)
            written.extend(event.id for event in found)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    for writer in writers:
        writer.start()
    threading.Thread(target=lambda: [writer.join() for writer in writers] and done.set()).start()
    read: list[str] = []
    cursor = "start"
    while True:
        last = done.is_set()
        pulled = pull(owing, cursor, limit=7)
        read += told(pulled)
        cursor = pulled.cursor
        if last and not pulled.rows:
            break
    with owing.runtime.database.read() as session:
        positions = session.exec(select(Event.position).order_by(col(Event.position))).all()
    assert (sorted(read), len(read)) == (sorted(written), len(set(read)))
    assert list(positions) == list(range(1, len(written) + 1))


def break_off(owing: Owing) -> None:
    with owing.runtime.database.write() as session:
        events.store(session, [new_event("index.ready")])
        raise ZeroDivisionError


def test_a_transaction_that_is_rolled_back_leaves_no_gap(owing: Owing) -> None:
    owing.happen()
    with pytest.raises(ZeroDivisionError):
        break_off(owing)
    owing.happen(2)
    assert [event.position for event in pull(owing, "start").rows] == [1, 2, 3]


def test_events_come_oldest_first_and_the_cursor_goes_on(owing: Owing) -> None:
    made = [event.id for event in owing.happen(5)]
    first = pull(owing, "start", limit=2)
    second = pull(owing, first.cursor, limit=10)
    nothing = pull(owing, second.cursor)
    [later] = owing.happen()
    assert [told(one) for one in (first, second, nothing, pull(owing, nothing.cursor))] == [
        made[:2], made[2:], [], [later.id]]  # fmt: skip


def test_who_begins_now_hears_of_nothing_before(owing: Owing) -> None:
    owing.happen(2)
    now = pull(owing, "now")
    [later] = owing.happen()
    assert (told(now), told(pull(owing, now.cursor))) == ([], [later.id])


def test_what_is_left_out_moves_the_cursor_all_the_same(owing: Owing) -> None:
    here = connecting.get(owing.runtime, OPERATOR, None).id
    owing.happen(1, test=True)
    [mine] = owing.happen(1, "index.created", connection_id=here, resource_id="res_1")
    owing.happen(3)
    found = [
        pull(owing, "start", wanted=wanted)
        for wanted in (Filter("index.created"), Filter(connection="default"), Filter(resource="res_1"))
    ]
    strange = pull(owing, "start", caller=STRANGER)
    assert ([told(one) for one in found], told(strange)) == ([[mine.id]] * 3, [])
    assert {one.cursor for one in (*found, strange)} == {"e5"}


def test_who_waits_is_told_when_it_happens(owing: Owing) -> None:
    cursor = pull(owing, "now").cursor
    threading.Timer(0.3, owing.happen).start()
    started = time.monotonic()
    pulled = pull(owing, cursor, wait_seconds=20)
    assert (len(pulled.rows), 0.2 < time.monotonic() - started < 5) == (1, True)


def test_who_waits_in_vain_is_told_where_to_go_on(owing: Owing) -> None:
    assert pull(owing, "now", wait_seconds=0.1) == Pulled([], "e0")


@pytest.mark.parametrize("cursor", ["e1", "e", "17", "e-1", "e" + "9" * 30, "later", "e٣"])
def test_a_cursor_that_was_never_given_is_refused(owing: Owing, cursor: str) -> None:
    with pytest.raises(errors.BadRequest):
        pull(owing, cursor)


def test_what_was_cleared_away_is_told_and_not_skipped(owing: Owing) -> None:
    owing.happen(5)
    with owing.runtime.database.write() as session:
        session.execute(update(Counter).where(col(Counter.name) == "event_pruned").values(value=3))
    with pytest.raises(errors.EventsPruned):
        pull(owing, "e2")
    assert (len(pull(owing, "e3").rows), pull(owing, "start").cursor) == (2, "e5")


def test_an_event_type_that_is_none_is_refused_rather_than_never_found(owing: Owing) -> None:
    with pytest.raises(errors.BadRequest) as refused:
        pull(owing, "start", wanted=Filter("index.lost"))
    with pytest.raises(errors.BadRequest):
        pulling.page(owing.runtime, OPERATOR, cursor=None, limit=1, wanted=Filter("index.lost"))
    assert [fault.pointer for fault in refused.value.errors] == ["/type"]


def test_one_event_is_read_by_its_id_by_whoever_may_see_it(owing: Owing) -> None:
    [event] = owing.happen()
    assert pulling.get(owing.runtime, OPERATOR, event.id).id == event.id
    for caller, name in ((STRANGER, event.id), (OPERATOR, "evt_1")):
        with pytest.raises(errors.NotFound):
            pulling.get(owing.runtime, caller, name)
