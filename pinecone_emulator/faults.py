"""Owns what tests order to go wrong: failing or slow requests, and the fate of the next creation."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["index", "backup", "restore", "collection", "import"]
Fate = Literal["fail", "hold"]
Drop = Literal["before", "after"]


@dataclass(slots=True)
class Fault:
    """One order: the next `count` requests whose path begins with `path` (and whose method is `method`) suffer it.

    `status` None means that the request is only delayed by `latency` seconds. `drop` closes the connection instead
    of an answer, before or after the request is carried out.
    """

    path: str
    count: int
    method: str | None = None
    status: int | None = None
    retry_after: int | None = None
    latency: float = 0.0
    drop: Drop | None = None
    message: str = "Injected by the emulator's control API."


class Faults:
    """The orders that are still open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._fates: dict[Kind, list[Fate]] = {kind: [] for kind in get_args(Kind)}

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """Return the oldest order that fits this request, using up one of its counts."""
        with self._lock:
            for fault in self._faults:
                if path.startswith(fault.path) and fault.method in {None, method}:
                    fault.count -= 1
                    if fault.count <= 0:
                        self._faults.remove(fault)
                    return fault
            return None

    def decide(self, kind: Kind, fate: Fate, count: int) -> None:
        """Order the fate of the next `count` creations of this kind."""
        with self._lock:
            self._fates[kind].extend([fate] * count)

    def fate_of_next(self, kind: Kind) -> Fate | None:
        """Return the ordered fate of a creation that happens now, using the order up."""
        with self._lock:
            return self._fates[kind].pop(0) if self._fates[kind] else None

    def clear(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._faults.clear()
            for fates in self._fates.values():
                fates.clear()
