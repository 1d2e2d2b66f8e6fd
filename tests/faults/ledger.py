"""The ledger of a fault: what was committed, what arrived of it, and how often more than once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from tests.bridge.conftest import Owing
from tests.receiver import Receiver

KEPT = Path(__file__).parent / "out" / "ledger.jsonl"
WAIT_SECONDS = 120
QUIET_SECONDS = 0.2


@dataclass(frozen=True)
class Row:
    """One fault's ledger. allowed: how many were sent and not yet settled when it struck."""

    fault: str
    database: str
    committed: int
    received: int
    lost: int
    duplicates: int
    allowed: int


@dataclass
class Ledger:
    """Counts what is owed to one receiver."""

    owing: Owing
    receiver: Receiver
    committed: set[str] = field(default_factory=set)
    allowed: int = 0
    ends: frozenset[str] = frozenset({"succeeded"})

    def commit(self, count: int = 1, event_type: str = "index.ready") -> None:
        """Let events happen; only what the database has taken counts as committed."""
        self.committed |= {event.id for event in self.owing.happen(count, event_type)}

    def strike(self) -> None:
        """Count what has arrived and is not settled, once a fault has struck."""
        sending = self.under_way()
        count = -1
        while count != (count := self.arrived().total()):
            # What the dead have written may lie in a socket that the receiver has not read yet.
            time.sleep(QUIET_SECONDS)
        self.allowed += len(sending & self.arrived().keys())

    def under_way(self) -> set[str]:
        return {one.event_id for one in self.owing.deliveries() if one.state == "sending"}

    def arrived(self) -> Counter[str]:
        with self.receiver.arrived:
            return Counter(request.headers["webhook-id"] for request in self.receiver.received)

    def wait(self, condition: Callable[[], bool], seconds: float = WAIT_SECONDS) -> None:
        """Wait until something holds; fail when it does not come."""
        until = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < until, (
                len(self.committed),
                self.states(),
                len(self.arrived()),
                self.log(),
            )
            time.sleep(0.02)

    def log(self) -> str:
        """Return the end of what the workers said."""
        path = self.owing.runtime.settings.data_dir / "worker.log"
        return path.read_text()[-4000:] if path.exists() else ""

    def settled(self) -> bool:
        return self.states().keys() <= self.ends

    def settled_within(self, seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not (done := self.settled()) and time.monotonic() < until:
            time.sleep(0.05)
        return done

    def states(self) -> Counter[str]:
        return Counter(one.state for one in self.owing.deliveries())

    def twice(self) -> list[list[tuple[str, bool]]]:
        """Return what was tried of each message that came more than once."""
        tried = self.owing.attempts()
        owed = {one.event_id: one.id for one in self.owing.deliveries()}
        again = [name for name, count in self.arrived().items() if count > 1]
        return [[(one.outcome, one.late) for one in tried if one.delivery_id == owed[name]] for name in again]

    def close(self, fault: str) -> Row:
        """Wait until everything is settled, write the row down and judge it."""
        self.wait(self.settled)
        arrived = self.arrived()
        row = Row(
            fault=fault,
            database="SQLite" if self.owing.runtime.database.is_sqlite else "PostgreSQL",
            committed=len(self.committed),
            received=len(self.committed & arrived.keys()),
            lost=len(self.committed - arrived.keys()),
            duplicates=arrived.total() - len(arrived),
            allowed=self.allowed,
        )
        _keep(row)
        assert self.committed <= {one.event_id for one in self.owing.deliveries()}
        assert (row.lost, row.duplicates <= row.allowed) == (0, True), (row, self.twice())
        return row


def _keep(row: Row) -> None:
    KEPT.parent.mkdir(exist_ok=True)
    # One write to the end of the file: several processes of a test run do it.
    line = os.open(KEPT, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(line, orjson.dumps(asdict(row), option=orjson.OPT_APPEND_NEWLINE))
    os.close(line)
