from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge import clock, connections, errors
from bridge.plugin import Resource, Snapshot
from bridge.turns import Meter, Turns, count_call, due_before, metered


def seen(part: str) -> Snapshot:
    return Snapshot((Resource(part, part, None, {}),), complete=True, observed_at=clock.now())


def tried(seconds_ago: float) -> dict[str, Any]:
    at = clock.iso(clock.now() - timedelta(seconds=seconds_ago))
    return {"looked_at": at, "tried_at": at, "error": None, "silent": False}


def take(turns: Turns, parts: list[str], urgent: tuple[str, ...] = ()) -> list[str]:
    """The parts that were looked at, in order, each for one call."""

    def look(part: str) -> Snapshot:
        count_call()
        return seen(part)

    with metered(turns.meter):
        return list(turns.take(parts, look, urgent, connections.explain))


def test_the_part_looked_at_longest_ago_comes_first_and_a_new_one_before_it() -> None:
    turns = Turns(looks={"a": tried(10), "b": tried(30)})
    assert take(turns, ["a", "b", "c"]) == ["c", "b", "a"]


def test_a_part_is_due_once_in_the_interval_and_an_urgent_one_always() -> None:
    turns = Turns(looks={"a": tried(40), "b": tried(70), "c": tried(1)}, due_before=due_before(60, None))
    assert take(turns, ["a", "b", "c"], urgent=("c",)) == ["b", "c"]


def test_what_was_hurried_is_due_at_once() -> None:
    turns = Turns(looks={"a": tried(5)}, due_before=due_before(60, clock.now()))
    assert take(turns, ["a"]) == ["a"]


def test_turns_end_where_the_calls_for_others_begin_and_go_on_from_there() -> None:
    turns = Turns(Meter(limit=5, kept_for_others=3))
    first = take(turns, ["a", "b", "c"])
    again = Turns(Meter(limit=5, kept_for_others=3), turns.looks, due_before=due_before(60, None))
    assert (first, turns.unfinished, take(again, ["a", "b", "c"]), again.unfinished) == (
        ["a", "b"],
        True,
        ["c"],
        False,
    )


def test_turns_end_where_there_is_news_enough_for_one_transaction() -> None:
    turns = Turns(most_news=2, known={part: seen(part).resources[0] for part in ("a", "b")})
    assert (take(turns, ["a", "b", "c", "d", "e"]), turns.unfinished) == (["a", "b", "c", "d"], True)


def test_a_part_that_is_gone_is_forgotten() -> None:
    turns = Turns(looks={"old": tried(5)})
    take(turns, ["new"])
    assert list(turns.looks) == ["new"]


def test_the_first_look_at_each_part_that_was_there_at_first_is_silent() -> None:
    first = Turns(Meter(limit=1), first=True)
    take(first, ["a", "b"])
    second = Turns(looks=first.looks)
    take(second, ["a", "b", "young"])
    assert (first.silent, second.silent) == ({"a"}, {"b"})


def failing(error: Exception, *parts: str) -> Any:
    def look(part: str) -> Snapshot | None:
        if part in parts:
            raise error
        return seen(part) if part != "dark" else None

    return look


def test_a_part_that_fails_or_cannot_be_looked_at_stops_no_other() -> None:
    turns = Turns()
    look = failing(errors.PineconeForbidden("not yours"), "b")
    found = turns.take(["a", "b", "c", "dark"], look, (), connections.explain)
    notes = {part: (note["looked_at"] is not None, note["error"]) for part, note in turns.looks.items()}
    assert (list(found), notes) == (
        ["a", "c"],
        {"a": (True, None), "b": (False, "not yours"), "c": (True, None), "dark": (False, None)},
    )


def test_a_problem_of_the_whole_connection_ends_the_turns() -> None:
    turns = Turns()
    look = failing(errors.PineconeRateLimited("slowly"), "b", "c")
    assert (
        list(turns.take(["a", "b", "c"], look, (), connections.explain)),
        turns.looks["c"]["tried_at"],
    ) == (
        ["a"],
        None,
    )


def test_where_nothing_can_be_seen_the_look_fails() -> None:
    with pytest.raises(errors.PineconeForbidden):
        Turns().take(["a"], failing(errors.PineconeForbidden("no"), "a"), (), connections.explain)
