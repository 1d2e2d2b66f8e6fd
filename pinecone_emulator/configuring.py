"""Owns the verb that changes an index: protection, tags, read capacity, pods, embedding."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.catalogue import save_index
from pinecone_emulator.errors import FailedPreconditionError, ForbiddenError, InvalidArgumentError
from pinecone_emulator.indexes import check_pods, find, view
from pinecone_emulator.integration import changed_embed
from pinecone_emulator.lifecycle import read_capacity_state
from pinecone_emulator.model import Index, IndexChanges, IndexView, Pod, ReadCapacity
from pinecone_emulator.names import check_pod_type, check_tags, pod_size

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend


def configure(backend: Backend, project_id: str, name: str, changes: IndexChanges) -> IndexView:
    """Change what can be changed of an index, all of it or nothing.

    Raises NotFoundError, InvalidArgumentError, FailedPreconditionError while it is Terminating, ForbiddenError
    while its read capacity is not Ready, QuotaExceededError.
    """
    with backend.deciding:
        index = find(backend, project_id, name)
        if index.terminating_until is not None:
            raise FailedPreconditionError(f"Index {index.name} is being deleted.")
        if changes.deletion_protection is not None:
            index = replace(index, deletion_protection=changes.deletion_protection)
        if changes.tags is not None:
            index = replace(index, tags=check_tags({**index.tags, **changes.tags}))
        if changes.read_capacity is not None:
            index = _with_read_capacity(backend, index, changes.read_capacity)
        if changes.replicas is not None or changes.pod_type is not None:
            index = _with_pods(backend, index, changes)
        if changes.embed is not None:
            embed = changed_embed(index.blueprint, changes.embed)
            index = replace(index, blueprint=replace(index.blueprint, embed=embed))
        with backend.database.writing() as connection:
            save_index(connection, index)
    return view(backend, index)


def _with_read_capacity(backend: Backend, index: Index, change: ReadCapacity) -> Index:
    before, now = index.read_capacity, backend.clock.now()
    if index.blueprint.deployment == "pod":
        raise InvalidArgumentError("Bad request. read_capacity does not apply to a pod-based index.")
    if change.mode == "Dedicated":
        change = ReadCapacity(
            "Dedicated",
            change.node_type or before.node_type,
            before.replicas if change.replicas is None else change.replicas,
            before.shards if change.shards is None else change.shards,
        )
        if None in (change.node_type, change.replicas, change.shards):
            raise InvalidArgumentError(
                "Bad request. Dedicated read capacity needs node_type, scaling and manual."
            )
    elif index.blueprint.deployment == "byoc" and before.mode == "Dedicated":
        raise InvalidArgumentError("Bad request. BYOC indexes do not support OnDemand read capacity.")
    if change == before:
        return index
    if read_capacity_state(index, now) != "Ready":
        raise ForbiddenError("The read capacity of this index is not yet Ready. Try again when it is.")
    return replace(
        index,
        read_capacity=change,
        read_capacity_before=before,
        read_capacity_at=now + backend.settings.scaling_seconds,
    )


def _with_pods(backend: Backend, index: Index, changes: IndexChanges) -> Index:
    before = index.blueprint.pod
    if before is None:
        raise InvalidArgumentError("Bad request. replicas and pod_type do not apply to a serverless index.")
    pod_type = before.pod_type if changes.pod_type is None else check_pod_type(changes.pod_type)
    pod = Pod(pod_type, before.replicas if changes.replicas is None else changes.replicas, before.shards)
    (kind, size), (kind_before, size_before) = pod_size(pod.pod_type), pod_size(before.pod_type)
    if kind != kind_before or size < size_before:
        raise InvalidArgumentError(
            f"Bad request. Pods of type {before.pod_type} can only become larger ones of the same type."
        )
    if pod.replicas < 1:
        raise InvalidArgumentError("Bad request. replicas must be 1 or more.")
    if pod == before:
        return index
    blueprint = replace(index.blueprint, pod=pod)
    others = [one.blueprint for one in backend.catalogue.indexes(index.project_id) if one.id != index.id]
    check_pods(backend, index.project_id, [*others, blueprint])
    scaling = "ScalingUp" if pod.replicas > before.replicas else "ScalingDown"
    return replace(
        index,
        blueprint=blueprint,
        scaling="ScalingUpPodSize" if size > size_before else scaling,
        scaling_until=backend.clock.now() + backend.settings.scaling_seconds,
    )
