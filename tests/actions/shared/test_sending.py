from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from actions.shared import sending


def test_what_is_sent_is_counted_and_never_more_than_four_are_under_way() -> None:
    lock, under_way, most = threading.Lock(), 0, 0
    four = threading.Barrier(sending.AT_ONCE)

    def send(portion: list[int]) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        four.wait(30)  # each waits until four are there: fewer at once would never end
        with lock:
            under_way -= 1
        return len(portion)

    sent = sending.sent(([n, n] for n in range(4 * sending.AT_ONCE)), send, None, "numbers were sent")
    assert (sent, most) == ((8 * sending.AT_ONCE, 4 * sending.AT_ONCE), sending.AT_ONCE)


def test_after_a_failure_none_is_begun_and_what_was_done_is_told() -> None:
    begun: list[int] = []

    def send(portion: list[int]) -> int:
        begun.extend(portion)
        if portion == [2]:
            raise ValueError("no")
        return 1

    with pytest.raises(ValueError, match="no") as caught:
        sending.sent(([n] for n in range(1000)), send, 1000, "numbers were sent")
    done = len(begun) - 1
    assert (len(begun) <= 2 + 2 * sending.AT_ONCE, caught.value.__notes__) == (
        True,
        [f"before this, {done} of 1000 numbers were sent; asking for all of it again is safe"],
    )


def test_what_was_done_is_told_where_the_next_portions_cannot_be_had() -> None:
    def portions() -> Iterator[list[int]]:
        yield from ([n] for n in range(10))
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as caught:
        sending.sent(portions(), len, None, "numbers were sent")
    assert caught.value.__notes__ == ["before this, 10 numbers were sent; asking for all of it again is safe"]


def test_a_single_request_is_sent_by_who_asks() -> None:
    asked = sending.sent([[1, 2]], lambda _: threading.get_ident(), 2, "numbers were sent")
    assert asked == (threading.get_ident(), 1)
