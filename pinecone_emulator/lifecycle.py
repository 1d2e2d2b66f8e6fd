"""Owns the state machines: each state is a pure function of a stored record and the time.

Names are those of API version 2026-07; `versions/` renames them where an older version differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinecone_emulator.model import Backup, Collection, Index, ReadCapacity, RestoreJob

INDEX_STATES = frozenset(
    {
        "Initializing",
        "InitializationFailed",
        "Failed",
        "ScalingUp",
        "ScalingDown",
        "ScalingUpPodSize",
        "Terminating",
        "Ready",
        "Disabled",
    }
)
#: States in which the service reports `status.ready` and answers on the index's host.
SERVING_STATES = frozenset({"Ready", "ScalingUp", "ScalingDown", "ScalingUpPodSize"})


def index_state(index: Index, now: float) -> str:
    """Return the index's `status.state`: Initializing, then Ready or InitializationFailed, or what was forced.

    It is Disabled while no dedicated node reads it.
    """
    if index.terminating_until is not None:
        return "Terminating"
    if index.ready_at is None or now < index.ready_at:
        return "Initializing"
    if index.outcome == "failed":
        return "InitializationFailed"
    if index.forced_state is not None:
        return index.forced_state
    if index.scaling is not None and now < index.scaling_until:
        return index.scaling
    return "Disabled" if index.read_capacity.replicas == 0 and now >= index.read_capacity_at else "Ready"


def read_capacity_state(index: Index, now: float) -> str:
    """Return `read_capacity.status.state`: Scaling or Migrating (another node type) after a change, else Ready."""
    if now >= index.read_capacity_at:
        return "Ready"
    before = index.read_capacity_before
    migrating = before is not None and before.node_type not in {None, index.read_capacity.node_type}
    return "Migrating" if migrating else "Scaling"


def serving_capacity(index: Index, now: float) -> ReadCapacity | None:
    """Return what the index is read by now, which is not yet what was asked for while that is being provided."""
    return index.read_capacity_before if now < index.read_capacity_at else index.read_capacity


def collection_state(collection: Collection, now: float) -> str:
    """Return the collection's status: Initializing, then Ready (or Terminated, if it failed); Terminating."""
    if collection.terminating_until is not None:
        return "Terminating"
    if collection.ready_at is None or now < collection.ready_at:
        return "Initializing"
    return "Terminated" if collection.outcome == "failed" else "Ready"


def backup_state(backup: Backup, now: float) -> str:
    """Return the backup's status: Initializing, then Ready or InitializationFailed."""
    if backup.ready_at is None or now < backup.ready_at:
        return "Initializing"
    return "InitializationFailed" if backup.outcome == "failed" else "Ready"


def restore_job_state(job: RestoreJob, now: float) -> str:
    """Return the restore job's status: Pending, then Completed or Failed; Cancelled if its index went first."""
    if job.cancelled_at is not None:
        return "Cancelled"
    if job.complete_at is None or now < job.complete_at:
        return "Pending"
    return "Failed" if job.outcome == "failed" else "Completed"


def restore_job_completed_at(job: RestoreJob, now: float) -> float | None:
    """Return when the job ended, None while it is pending."""
    if job.cancelled_at is not None:
        return job.cancelled_at
    return job.complete_at if restore_job_state(job, now) != "Pending" else None
