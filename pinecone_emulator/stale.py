"""Owns stale reads: for a while an index is read as it was, while writes go on, as the service may do.

What is read meanwhile is a copy of the index under an id of its own, kept where no project sees it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator import indexes
from pinecone_emulator.catalogue import save_index
from pinecone_emulator.engine import copy_records
from pinecone_emulator.names import new_id

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend
    from pinecone_emulator.model import Index

PROJECT = "stale"


def begin(backend: Backend, project_id: str, name: str, seconds: float) -> None:
    """Have an index read as it is now for so many seconds of the emulator's clock. Raises NotFoundError."""
    with backend.deciding:
        index = indexes.find(backend, project_id, name)
        end(backend, index.id)
        copy = replace(index, id=new_id(), project_id=PROJECT, name=index.id, slug=new_id())
        with backend.engine.holding(index), backend.database.writing() as connection:
            copy_records(connection, index.id, copy.id)
            save_index(connection, copy)
        backend.stale[index.id] = (copy, backend.clock.now() + seconds)
        backend.due_at = 0.0


def end(backend: Backend, index_id: str) -> None:
    """Have an index read as it is again; the caller is deciding."""
    found = backend.stale.pop(index_id, None)
    if found is not None:
        indexes.remove(backend, found[0], backend.clock.now())


def end_due(backend: Backend, now: float) -> list[float]:
    """End what has lasted its time, or lost its index; return when the next ends. The caller is deciding."""
    times = []
    for index_id, (_, until) in list(backend.stale.items()):
        index = backend.catalogue.index_with_id(index_id)
        if until <= now or index is None or index.deleted_at is not None:
            end(backend, index_id)
        else:
            times.append(until)
    return times


def seen(backend: Backend, index: Index) -> Index:
    """Return what a read of this index sees."""
    found = backend.stale.get(index.id)
    return found[0] if found else index


def forget(backend: Backend) -> None:
    """Delete copies that an earlier run left behind."""
    for copy in backend.catalogue.indexes(PROJECT):
        indexes.remove(backend, copy, backend.clock.now())
