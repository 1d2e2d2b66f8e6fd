"""Owns the verbs of the index control plane but for changing one: create, list, describe, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator import limits
from pinecone_emulator.catalogue import remove_schedule, save_index, save_restore_job
from pinecone_emulator.engine import copy_records, delete_records
from pinecone_emulator.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    ForbiddenError,
    InvalidArgumentError,
    NotFoundError,
    QuotaExceededError,
)
from pinecone_emulator.integration import model_blueprint
from pinecone_emulator.lifecycle import (
    SERVING_STATES,
    collection_state,
    index_state,
    read_capacity_state,
    restore_job_state,
    serving_capacity,
)
from pinecone_emulator.model import (
    Blueprint,
    Collection,
    Index,
    IndexView,
    NewIndex,
    NewModelIndex,
)
from pinecone_emulator.names import check_resource_name, check_tags, new_id, new_index_name, new_slug

if TYPE_CHECKING:
    import sqlite3

    from pinecone_emulator.backend import Backend

REGIONS = {
    "aws": frozenset({"us-east-1", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1"}),
    "gcp": frozenset({"us-central1", "europe-west4"}),
    "azure": frozenset({"eastus2"}),
}


def view(backend: Backend, index: Index) -> IndexView:
    """Return the index as it is now."""
    now = backend.clock.now()
    state = index_state(index, now)
    return IndexView(
        index,
        state,
        state in SERVING_STATES,
        read_capacity_state(index, now),
        serving_capacity(index, now),
        host(backend, index),
    )


def host(backend: Backend, index: Index) -> str:
    """Return the URL of an index; clients demand a dot or "localhost" in it, so a bare host name gets a suffix."""
    url = f"{backend.public_url}/i/{index.slug}"
    return url if "." in url or "localhost" in url else f"{url}.svc"


def all_of(backend: Backend, project_id: str) -> list[IndexView]:
    """Return the project's indexes by name."""
    return [view(backend, index) for index in backend.catalogue.indexes(project_id)]


def find(backend: Backend, project_id: str, name: str) -> Index:
    """Return the index of this name; raise NotFoundError."""
    index = backend.catalogue.index_named(project_id, name)
    if index is None:
        raise NotFoundError(f"Index {name[:80]} not found.")
    return index


def create(backend: Backend, project_id: str, new: NewIndex) -> IndexView:
    """Create an index, from a collection if one is named.

    Raises InvalidArgumentError, AlreadyExistsError, NotFoundError (region, collection), ForbiddenError,
    FailedPreconditionError if the collection is not Ready.
    """
    _check_blueprint(new.blueprint)
    with backend.deciding:
        index = planned(backend, project_id, new)
        source = _source(backend, project_id, new)
        fate = backend.faults.fate_of_next("index")
        ready_at = None if fate == "hold" else index.created_at + backend.settings.index_seconds
        index = replace(index, ready_at=ready_at, outcome="failed" if fate == "fail" else "ready")
        with backend.database.writing() as connection:
            save_index(connection, index)
            if source is not None:
                copy_records(connection, source.id, index.id)
    return view(backend, index)


def _source(backend: Backend, project_id: str, new: NewIndex) -> Collection | None:
    if new.source_collection is None:
        return None
    collection = backend.catalogue.collection_named(project_id, new.source_collection)
    if collection is None:
        raise NotFoundError(f"Collection {new.source_collection[:80]} not found.")
    if collection_state(collection, backend.clock.now()) != "Ready":
        raise FailedPreconditionError(f"Collection {collection.name} is not ready.")
    if collection.blueprint.dimension != new.blueprint.dimension:
        raise InvalidArgumentError(
            f"Bad request. Index dimension {new.blueprint.dimension} does not match that of the collection, "
            f"{collection.blueprint.dimension}."
        )
    return collection


def create_for_model(backend: Backend, project_id: str, new: NewModelIndex) -> IndexView:
    """Create an index with an integrated embedding model. Raises as `create`, NotFoundError for the model too."""
    blueprint = model_blueprint(new)
    plain = NewIndex(new.name, blueprint, new.tags, new.deletion_protection, new.read_capacity)
    return create(backend, project_id, plain)


def planned(backend: Backend, project_id: str, new: NewIndex) -> Index:
    """Return the index a request asks for if its name is allowed and free; the caller is deciding."""
    name = new_index_name() if new.name is None else check_resource_name(new.name)
    tags = check_tags(new.tags)
    existing = backend.catalogue.indexes(project_id)
    if any(index.name == name for index in existing):
        raise AlreadyExistsError("Resource already exists.")
    if len(existing) >= backend.quota.indexes_per_project:
        raise ForbiddenError("Increase your quota or upgrade to create more indexes.")
    check_pods(backend, project_id, [*(index.blueprint for index in existing), new.blueprint])
    now = backend.clock.now()
    return Index(
        id=new_id(),
        project_id=project_id,
        name=name,
        slug=new_slug(name),
        blueprint=new.blueprint,
        tags=tags,
        deletion_protection=new.deletion_protection,
        read_capacity=new.read_capacity,
        read_capacity_at=now,
        created_at=now,
        ready_at=now,
        source_collection=new.source_collection,
    )


def check_pods(backend: Backend, project_id: str, blueprints: list[Blueprint]) -> None:
    """Raise QuotaExceededError if indexes like these need more pods than the project may have."""
    pods = sum(each.pod.replicas * each.pod.shards for each in blueprints if each.pod)
    allowed = backend.projects.max_pods(project_id)
    if pods > allowed:
        raise QuotaExceededError(
            f"The index exceeds the project quota of {allowed} pods by {pods - allowed} pods. "
            "Upgrade your account or change the project settings to increase the quota."
        )


def _check_blueprint(blueprint: Blueprint) -> None:
    if blueprint.environment is None and blueprint.region not in REGIONS.get(blueprint.cloud, ()):
        raise NotFoundError(
            f"Resource cloud: {blueprint.cloud[:40]} region: {blueprint.region[:40]} not found."
        )
    if blueprint.dimension is not None and not 1 <= blueprint.dimension <= limits.DIMENSION:
        raise InvalidArgumentError(f"Bad request. Dimension must be between 1 and {limits.DIMENSION}.")


def delete(backend: Backend, project_id: str, name: str) -> None:
    """Delete an index and its records: at once, or after `terminating_seconds`.

    Raises NotFoundError, ForbiddenError if it is protected, FailedPreconditionError while it is being collected.
    """
    with backend.deciding:
        index = find(backend, project_id, name)
        if index.deletion_protection:
            raise ForbiddenError(
                "Deletion protection is enabled for this index. Disable deletion protection before retrying."
            )
        now = backend.clock.now()
        pending = [
            collection.name
            for collection in backend.catalogue.collections(project_id)
            if collection.index_id == index.id and collection_state(collection, now) == "Initializing"
        ]
        if pending:
            raise FailedPreconditionError(
                f"Unable to delete an index. There are pending collections for this index: {pending}"
            )
        if backend.settings.terminating_seconds and index.terminating_until is None:
            gone_at = now + backend.settings.terminating_seconds
            with backend.database.writing() as connection:
                save_index(connection, replace(index, terminating_until=gone_at))
                _cancel_restores(backend, connection, index, now)
            backend.due_at = 0.0
        elif index.terminating_until is None:
            remove(backend, index, now)


def remove(backend: Backend, index: Index, now: float) -> None:
    """Take an index, its records and its schedules away; the caller is deciding."""
    with backend.engine.holding(index) as held:
        with backend.database.writing() as connection:
            delete_records(connection, index.id)
            save_index(connection, replace(index, deleted_at=now))
            _cancel_restores(backend, connection, index, now)
            for schedule in backend.catalogue.schedules():
                if schedule.index_id == index.id:
                    remove_schedule(connection, schedule)
        backend.engine.forget(held)


def _cancel_restores(backend: Backend, connection: sqlite3.Connection, index: Index, now: float) -> None:
    for job in backend.catalogue.restore_jobs(index.project_id):
        if job.index_id == index.id and restore_job_state(job, now) == "Pending":
            save_restore_job(connection, replace(job, cancelled_at=now))
