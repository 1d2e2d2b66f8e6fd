from __future__ import annotations

import pytest

from bridge import pace
from bridge.plugin import Resource


@pytest.mark.parametrize(
    ("status", "moving"),
    [
        ("Initializing", True),
        ("Pending", True),
        ("ScalingUp", True),
        ("Ready", False),
        ("Odd", False),
        (None, False),
    ],
)
def test_what_ends_by_itself_is_moving(status: str | None, moving: bool) -> None:
    assert pace.is_moving([Resource("a", "a", "Ready", {}), Resource("b", "b", status, {})]) is moving


@pytest.mark.parametrize(
    ("interval", "moving", "unfinished", "expected"),
    [
        (60, False, False, 60),
        (60, True, False, 5),
        (2, True, True, 2),
        (2, False, True, 2),
        (600, False, True, 30),
        (600, True, True, 5),
    ],
)
def test_a_look_is_due_after_the_interval_or_sooner_while_something_moves_or_is_left(
    interval: float, moving: bool, unfinished: bool, expected: float
) -> None:
    waits = [
        pace.after_success(interval, 5, moving=moving, unfinished=unfinished, chance=chance)
        for chance in (0, 0.5, 1)
    ]
    assert waits == pytest.approx([expected * 0.9, expected, expected * 1.1])


def test_failures_in_a_row_double_the_wait_up_to_a_quarter_of_an_hour() -> None:
    waits = [pace.after_failure(count, None, chance=0) for count in (1, 2, 3, 7, 8, 9, 10_000)]
    assert waits == [5, 10, 20, 320, 640, 900, 900]


@pytest.mark.parametrize(("asked", "wait"), [(None, 2.5), (1, 2.5), (60, 60), (10**9, 86400)])
def test_what_pinecone_asks_for_is_waited_within_a_day(asked: float | None, wait: float) -> None:
    assert pace.after_failure(1, asked, chance=1) == wait
