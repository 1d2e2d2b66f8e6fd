"""The progress of a run: tells how far it is, keeps its lease, and hears that it is to stop.

A run is held by a lease and its token. What an action reports is written at most once a second; in between a
thread renews the lease, so that a call that takes long loses nothing. Whoever was asked to stop learns it at the
next report.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Literal

import structlog
from sqlalchemy import Table, update
from sqlalchemy.exc import SQLAlchemyError

from bridge import clock
from bridge.db import Database, after
from bridge.errors import Busy
from bridge.models import Run
from bridge.plugin import JSON

log = structlog.get_logger(__name__)
RUNS: Final[Table] = Run.__table__  # type: ignore[attr-defined]  # SQLModel hides it
LEASE_SECONDS: Final = 30.0
BEAT_SECONDS: Final = 5.0
WRITE_SECONDS: Final = 1.0
"""A crash costs no more than what was done since the last write."""

Why = Literal["cancelled", "interrupted", "overtaken", "resting"]


class Stopped(BaseException):
    """The run is to go no further. Not an Exception: whatever an action catches, this is not for it.

    why: cancelled (somebody asked for it), interrupted (this process ends), overtaken (another worker holds it),
    resting (it goes on after some seconds, and whoever held it is free meanwhile).
    """

    def __init__(self, why: Why, seconds: float = 0) -> None:
        super().__init__(why)
        self.why: Why = why
        self.seconds = seconds


class Progress:
    """How far one run is, in memory and in its row."""

    def __init__(self, database: Database, run: Run, token: str, stop: threading.Event) -> None:
        self.place: JSON | None = run.place
        self._database = database
        self._run_id = run.id
        self._token = token
        self._stop = stop
        self.counts: dict[str, Any] = {}
        self._why: Why | None = None
        self._written = clock.monotonic()
        self._lock = threading.Lock()

    def report(self, done: int, total: int | None, errors: int = 0, place: JSON | None = None) -> None:
        """Tell how far the run is. Raises Stopped when it is to go no further."""
        self.counts = {"done_count": done, "total_count": total, "error_count": errors}
        if place is not None:
            self.place = place
        if clock.monotonic() - self._written >= WRITE_SECONDS:
            self.write()
        self.check()

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped when the run is to go no further, or can be gone on with from a place it has given."""
        until = clock.monotonic() + seconds
        self.check()
        if self.place is not None:
            raise Stopped("resting", seconds)
        while (left := until - clock.monotonic()) > 0:
            self._stop.wait(min(left, WRITE_SECONDS))
            if clock.monotonic() - self._written >= WRITE_SECONDS:
                self.write()
            self.check()

    def check(self) -> None:
        """Raise Stopped when the run is to go no further."""
        if self._why or self._stop.is_set():
            raise Stopped(self._why or "interrupted")

    def write(self) -> None:
        """Write how far the run is, and renew its lease."""
        with self._lock:
            self._written = clock.monotonic()
            values = {**self.counts, "place": self.place}
            values["lease_until"] = after(self._database.engine.dialect.name, LEASE_SECONDS)
            renewed = (
                update(RUNS)
                .where(RUNS.c.id == self._run_id, RUNS.c.lease_token == self._token)
                .values(**values)
                .returning(RUNS.c.cancel_asked)
            )
            with self._database.write() as session:
                cancelled = session.execute(renewed).scalar()
        if cancelled is not False:
            self._why = "cancelled" if cancelled else "overtaken"

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the lease for a block."""
        done = threading.Event()
        keeper = threading.Thread(target=self._keep, args=(done,), name="keeper", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            done.set()
            keeper.join()

    def _keep(self, done: threading.Event) -> None:
        while not done.wait(BEAT_SECONDS):
            try:
                self.write()
            except (Busy, SQLAlchemyError) as error:
                log.warning("run.not_renewed", run_id=self._run_id, error=str(error)[:500])
