from __future__ import annotations

import pytest

from actions.shared import passages
from bridge.plugin import JSON


def passage(text: str | None, source: str = "doc") -> JSON:
    return {"id": "id-1", "text": text, "source": source}


def test_a_short_passage_leaves_its_room_to_the_long_ones() -> None:
    found = [passage("word " * 100), passage("Short."), passage("word " * 100)]
    lines = passages.answer(found, 400).splitlines()
    assert (lines[1], sum(map(len, lines[:3])) > 340, abs(len(lines[0]) - len(lines[2])) < 6) == (
        "[2] Short.",
        True,
        True,
    )


def test_a_passage_is_cut_between_words_and_its_lines_are_joined() -> None:
    told = passages.answer([passage("one two\n\nthree four five six seven eight nine ten")], 60)
    assert told.splitlines()[0] == "[1] one two three four five six…"


def test_where_there_is_no_room_for_all_the_last_fall_away() -> None:
    told = passages.answer([passage("x" * 50, f"https://example.com/{n}") for n in range(20)], 200)
    assert (len(told) <= 200, told.count("https://") < 20, "[1] https://example.com/0" in told) == (True,) * 3


@pytest.mark.parametrize("size", [50, 51, 80, 123, 500, 2000])
@pytest.mark.parametrize("count", [1, 2, 7, 40])
def test_it_never_is_longer_than_it_may(size: int, count: int) -> None:
    found = [passage("word " * (place * 7 + 1), "s" * place * 9 or "s") for place in range(count)]
    assert 0 < len(passages.answer(found, size)) <= size


def test_nothing_found_is_said_in_words() -> None:
    assert passages.answer([], 50) == "Nothing was found."
