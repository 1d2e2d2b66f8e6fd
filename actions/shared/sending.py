"""How requests that belong together are sent: a few at once, and none is begun after one has failed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import Final, TypeVar

from actions import counting

AT_ONCE: Final = 4
"""More are refused by Pinecone sooner than they are faster."""
T = TypeVar("T")


def sent(
    portions: Iterable[list[T]], send: Callable[[list[T]], int], total: int | None, what: str
) -> tuple[int, int]:
    """Send each portion; return how many things that made, as `send` counts them, and how many requests.

    total, what: for the note on an error of how many were done before it: "2000 of 2500 vectors were written".
    """
    rest = iter(portions)
    some = [*islice(rest, 2)]
    if len(some) < 2:  # noqa: PLR2004 - a single request needs no threads
        return sum(map(send, some)), len(some)
    done = requests = 0
    failure: Exception | None = None
    under_way: deque[Future[int]] = deque()

    def finish() -> None:
        nonlocal done, requests, failure
        try:
            done += under_way.popleft().result()
            requests += 1
        except Exception as error:  # noqa: BLE001 - it is raised when what is under way has ended
            failure = failure or error

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send") as threads:
        try:
            for portion in chain(some, rest):
                under_way.append(threads.submit(send, portion))
                if len(under_way) == AT_ONCE:
                    finish()
                if failure:
                    break
        except Exception as error:  # noqa: BLE001 - of what finds the portions, such as a list; raised below, too
            failure = error
        while under_way:
            finish()
    with counting(done, total, what):
        if failure:
            raise failure
    return done, requests
