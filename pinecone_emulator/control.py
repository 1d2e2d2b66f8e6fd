"""Owns the control of a running emulator from within its process, for tests; `routes/control.py` is its HTTP door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pinecone_emulator import states
from pinecone_emulator.faults import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from pinecone_emulator.backend import Backend
    from pinecone_emulator.faults import Drop, Fate, Kind
    from pinecone_emulator.projects import NewProject


class Control:
    """Move time, order faults, make projects, start afresh."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock forward: whatever is due by then is reached at once."""
        self._backend.advance(seconds)

    def fault(
        self,
        path: str = "/",
        *,
        status: int | None = None,
        count: int = 1,
        method: str | None = None,
        retry_after: int | None = None,
        latency: float = 0.0,
        drop: Drop | None = None,
    ) -> None:
        """Make the next `count` requests whose path begins with `path` fail and/or wait `latency` seconds.

        `drop` closes the connection without an answer, "before" or "after" the request is carried out.
        """
        self._backend.faults.add(Fault(path, count, method, status, retry_after, latency, drop))

    def next(self, kind: Kind, outcome: Fate, count: int = 1) -> None:
        """Make the next creations of this kind (see `faults.Kind`) "fail", or "hold" until released."""
        self._backend.faults.decide(kind, outcome, count)

    def new_project(self, name: str = "project") -> NewProject:
        """Create a project with an API key and data of its own."""
        return self._backend.projects.create(name)

    def settings(self, **changes: Any) -> None:
        """Change durations (`index_seconds` …) or the `plan` until the next reset."""
        self._backend.settings = replace(self._backend.settings, **changes)

    def dump(self, path: Path) -> None:
        """Save the whole state to a file that must not exist yet."""
        states.dump(self._backend, path)

    def load(self, path: Path) -> None:
        """Take over a saved state in place of all there is. Raises InvalidArgumentError for another file."""
        states.load(self._backend, path)

    def reset(self) -> None:
        """Begin afresh: no data, no faults, the settings of the start; of projects and accounts only the ready-made."""
        self._backend.reset()
