"""Owns the verbs of collections: copies of pod-based indexes, from which older API versions create indexes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator import indexes
from pinecone_emulator.catalogue import remove_collection, save_collection
from pinecone_emulator.engine import copy_records, delete_records, measure
from pinecone_emulator.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    ForbiddenError,
    InvalidArgumentError,
    NotFoundError,
)
from pinecone_emulator.lifecycle import SERVING_STATES, collection_state, index_state
from pinecone_emulator.model import Collection, CollectionView
from pinecone_emulator.names import check_resource_name, new_id

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend


def view(backend: Backend, collection: Collection) -> CollectionView:
    """Return the collection as it is now."""
    return CollectionView(collection, collection_state(collection, backend.clock.now()))


def all_of(backend: Backend, project_id: str) -> list[CollectionView]:
    """Return the project's collections by name."""
    return [view(backend, collection) for collection in backend.catalogue.collections(project_id)]


def find(backend: Backend, project_id: str, name: str) -> Collection:
    """Return the collection of this name; raise NotFoundError."""
    collection = backend.catalogue.collection_named(project_id, name)
    if collection is None:
        raise NotFoundError(f"Collection {name[:80]} not found.")
    return collection


def create(backend: Backend, project_id: str, name: str, source: str) -> CollectionView:
    """Copy a pod-based index as it is now.

    Raises InvalidArgumentError (also for an index that is not on pods), NotFoundError, AlreadyExistsError,
    ForbiddenError by quota, FailedPreconditionError if the index is not ready.
    """
    check_resource_name(name, "Collection")
    with backend.deciding:
        index = indexes.find(backend, project_id, source)
        now = backend.clock.now()
        if index.blueprint.deployment != "pod":
            raise InvalidArgumentError("Bad request. Serverless indexes do not support collections.")
        if index_state(index, now) not in SERVING_STATES:
            raise FailedPreconditionError(f"Index {index.name} is not ready.")
        _refuse_another(backend, project_id, name)
        fate = backend.faults.fate_of_next("collection")
        collection_id = new_id()
        with backend.engine.holding(index), backend.database.writing() as connection:
            copy_records(connection, index.id, collection_id)
            records, _, size = measure(connection, collection_id)
            collection = Collection(
                collection_id,
                project_id,
                name,
                index.id,
                index.blueprint,
                records,
                size,
                now,
                None if fate == "hold" else now + backend.settings.collection_seconds,
                "failed" if fate == "fail" else "ready",
            )
            save_collection(connection, collection)
    return view(backend, collection)


def _refuse_another(backend: Backend, project_id: str, name: str) -> None:
    existing = backend.catalogue.collections(project_id)
    if any(collection.name == name for collection in existing):
        raise AlreadyExistsError("Resource already exists.")
    allowed = backend.quota.collections_per_project
    if len(existing) >= allowed:
        raise ForbiddenError(
            f"Collection exceeds quota. Maximum allowed on your account is {allowed}. "
            f"Currently have {len(existing)}."
        )


def delete(backend: Backend, project_id: str, name: str) -> None:
    """Delete a collection: at once, or after `terminating_seconds`. Raises NotFoundError."""
    with backend.deciding:
        collection = find(backend, project_id, name)
        if collection.terminating_until is not None:
            return
        if not backend.settings.terminating_seconds:
            remove(backend, collection)
            return
        gone_at = backend.clock.now() + backend.settings.terminating_seconds
        with backend.database.writing() as connection:
            save_collection(connection, replace(collection, terminating_until=gone_at))
        backend.due_at = 0.0


def remove(backend: Backend, collection: Collection) -> None:
    """Take a collection and its records away; the caller is deciding."""
    with backend.database.writing() as connection:
        delete_records(connection, collection.id)
        remove_collection(connection, collection)
