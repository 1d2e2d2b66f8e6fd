"""Owns whole states: everything an emulator has, saved to a file and taken from one, of which time goes on."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from pinecone_emulator.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

    from pinecone_emulator.backend import Backend

MAGIC = b"SQLite format 3\0"


def dump(backend: Backend, path: Path) -> None:
    """Save the whole state, keys and accounts too, to a file that must not exist yet."""
    with backend.deciding:
        now = backend.clock.now()
        backend.database.dump(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO settings VALUES ('dumped_at', ?)", (repr(now),))


def load(backend: Backend, path: Path) -> None:
    """Take over a saved state in place of all there is; the emulator's time is then that of the dump.

    The ready-made key and service account are made anew if the state lacks them. Raises InvalidArgumentError,
    leaving all as it was, for a file that is no saved state.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InvalidArgumentError("This is not a state that an emulator has saved.")
    with backend.deciding:
        try:
            backend.database.load(path)
        except sqlite3.Error as error:
            raise InvalidArgumentError(
                f"This is not a state that an emulator has saved: {error!s:.200}"
            ) from error
        rows = backend.database.rows("SELECT value FROM settings WHERE name = 'dumped_at'")
        if rows:
            backend.clock.set(float(rows[0][0]))
        backend.begin_again()
