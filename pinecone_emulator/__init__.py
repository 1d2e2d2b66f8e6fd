"""A Pinecone-compatible server on your own machine, usable with any Pinecone client.

`python -m pinecone_emulator` serves it; `start()` runs it inside a process, for tests. This package knows nothing of
the bridge beside it. Way through the house: `server.py` admits a request, `routes/` translate it with the help of
`versions/`, a verb (`indexes`, `backups`, `vectors`, `namespaces`, `records`, `inference`) decides, `catalogue.py` and
`engine.py` store, `lifecycle.py` says in which state a thing is now.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinecone_emulator.database import DataDirectoryInUseError
    from pinecone_emulator.running import Emulator, start
    from pinecone_emulator.settings import DEVELOPMENT_KEY, Settings

__all__ = ["DEVELOPMENT_KEY", "DataDirectoryInUseError", "Emulator", "Settings", "start"]

HOMES = {
    "DEVELOPMENT_KEY": "settings",
    "DataDirectoryInUseError": "database",
    "Emulator": "running",
    "Settings": "settings",
    "start": "running",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is: the pytest plugin and `__main__` come through here before numpy may."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{HOMES[name]}"), name)
