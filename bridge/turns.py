"""The turns: which parts of a project one look gets to, and what it may spend on them.

Kinds that live inside indexes cost a call or more for each index. So a look takes the indexes in turn, the least
recently looked at first, as long as the connection's budget of calls lasts; the rest comes at the next look.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from bridge import clock, errors
from bridge.errors import PinehookError
from bridge.plugin import JSON, Resource, Snapshot

UNLIMITED: Final = 1_000_000
MAX_SECONDS: Final = 60
"""What takes longer is told first: a watch is leased for three minutes."""
MAX_NEWS: Final = 20_000
"""What is new or has changed is written in one transaction, for which other writers wait: a second or two."""
DUE_AT: Final = 0.8
"""The share of the interval after which a part is due again: looks come a tenth early or late."""
OF_THE_CONNECTION: Final = (
    errors.PineconeRateLimited,
    errors.PineconeUnauthorized,
    errors.PineconeUnreachable,
    errors.PineconeTimeout,
)
"""Problems that the next part would have just so."""


@dataclass(slots=True)
class Meter:
    """The calls of one look: how many were made, and how many of them looking in turn must leave to others."""

    limit: int = UNLIMITED
    kept_for_others: int = 0
    count: int = 0

    @property
    def left(self) -> int:
        """How many more calls should be made; never negative."""
        return max(0, self.limit - self.count)


_current: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered(meter: Meter) -> Iterator[None]:
    """Count on this meter what is asked of Pinecone inside the block, by this thread."""
    token = _current.set(meter)
    try:
        yield
    finally:
        _current.reset(token)


def count_call() -> None:
    """Count one call to Pinecone on the meter of whoever makes it, if there is one."""
    meter = _current.get()
    if meter is not None:
        meter.count += 1


@dataclass(slots=True)
class Turns:
    """The parts of one watch: {part: {looked_at, tried_at, error, silent}}, brought up to date by `take`.

    due_before: parts that were tried since are not due yet. first: the watch looks for the first time, so that
    the first look at each part that is there now is silent, whenever its turn comes.
    most_news: so many resources that are not as they were known end the look.
    ahead: how far the database's clock is ahead of this machine's: looks are dated by the first, on every machine.
    unfinished: some were due and did not get their turn. silent: lives that were seen by a silent look.
    """

    meter: Meter = field(default_factory=Meter)
    looks: dict[str, JSON] = field(default_factory=dict)
    due_before: str = "9999"
    first: bool = False
    most_news: int = UNLIMITED
    known: Mapping[str, Resource] = field(default_factory=dict)
    ahead: timedelta = timedelta()
    unfinished: bool = False
    silent: set[str] = field(default_factory=set)

    def take(
        self,
        parts: Iterable[str],
        look: Callable[[str], Snapshot | None],
        urgent: Container[str],
        explain: Callable[[Exception], PinehookError],
    ) -> dict[str, Snapshot]:
        """Look at the parts that are due, in turn; see bridge.plugin.Context.in_turn."""
        new = {"looked_at": None, "tried_at": None, "error": None, "silent": self.first}
        self.looks = {part: {**new, **self.looks.get(part, {})} for part in sorted(parts)}
        seen: dict[str, Snapshot] = {}
        failure: Exception | None = None
        end, news = clock.monotonic() + MAX_SECONDS, 0
        for part in sorted((part for part in self.looks if self._is_due(part, urgent)), key=self._tried_at):
            spent = self.meter.left <= self.meter.kept_for_others
            if spent or news >= self.most_news or clock.monotonic() > end:
                self.unfinished = True
                break
            note = self.looks[part]
            note |= {"tried_at": clock.iso(clock.now()), "error": None}
            try:
                found = look(part)
            except Exception as error:  # noqa: BLE001 - it is told in the watch, and the other parts go on
                failure, problem = error, explain(error)
                note["error"] = problem.detail
                if isinstance(problem, OF_THE_CONNECTION):
                    break
                continue
            if found is not None:
                seen[part] = self._noted(note, found)
                news += sum(self.known.get(each.life) != each for each in found.resources)
        if failure and not seen:
            raise failure
        return seen

    def _noted(self, note: JSON, found: Snapshot) -> Snapshot:
        if note["silent"]:
            self.silent |= {resource.life for resource in found.resources}
        note |= {"looked_at": note["tried_at"], "silent": False}
        return found

    def _tried_at(self, part: str) -> str:
        return self.looks[part]["tried_at"] or ""

    def _is_due(self, part: str, urgent: Container[str]) -> bool:
        return part in urgent or self._tried_at(part) <= self.due_before


def due_before(interval_seconds: int, hurried_at: datetime | None) -> str:
    """Return the moment before which parts must have been tried to be due now, as `Turns` takes it."""
    usual = clock.now() - timedelta(seconds=interval_seconds * DUE_AT)
    return clock.iso(max(usual, hurried_at or usual))
