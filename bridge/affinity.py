"""The affinity: keeps a process to a core that no other process of the bridge's on this machine keeps to.

The threads of an interpreter run one at a time anyway. Handing it over to one that sleeps on another core costs more
than most of what they do in between, above all on virtual machines, where that core must be woken first.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)
_claims: Final[list[socket.socket]] = []
"""Kept open: a claim is there as long as the process that made it."""


def take_core() -> int | None:
    """Keep the threads of this process, and those they start, to a core of its own; return its number.

    None, and nothing changes, where every core is taken already or the system has no affinity (other than Linux). A claim
    is a name in the abstract namespace of Unix sockets (unix(7)), so processes in other containers do not see it.
    """
    if not hasattr(os, "sched_setaffinity"):
        log.warning("affinity.none", reason="this system has none")
        return None
    # From the last: interrupts of disks and networks mostly come to the first.
    for core in sorted(os.sched_getaffinity(0), reverse=True):
        if _claim(core):
            try:
                _keep_to(core)
            except OSError as error:  # a container may forbid it
                _claims.pop().close()
                log.warning("affinity.none", reason=str(error))
                return None
            log.info("affinity.taken", core=core)
            return core
    log.warning("affinity.none", reason="other processes of the bridge have taken every core")
    return None


def _keep_to(core: int) -> None:
    for thread in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.sched_setaffinity(int(thread.name), {core})


def _claim(core: int) -> bool:
    """Claim a core; return whether it is this process's now."""
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        claim.bind(f"\0pinehook-core-{core}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True
