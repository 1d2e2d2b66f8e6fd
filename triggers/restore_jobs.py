"""The restore jobs: when one is created, completes, fails or is cancelled.

Pinecone's list of them is not exhaustive: pages overlap, paging may end early, and jobs whose index was
deleted are left out. So a job is never taken for deleted, and unfinished ones are followed by their id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bridge.plugin import JSON, Context, Lives, NewEvent, Resource, Snapshot
from triggers import pages

if TYPE_CHECKING:
    from pinecone.models.backups.model import RestoreJobModel

EVENTS = ("restore_job.created", "restore_job.completed", "restore_job.failed", "restore_job.cancelled")
DELETED_AFTER_SECONDS = None
ENDED = {
    "Completed": "restore_job.completed",
    "Failed": "restore_job.failed",
    "Cancelled": "restore_job.cancelled",
}
FOLLOWED = 20
"""Unfinished jobs asked for by id in one look, newest first: those of deleted indexes answer 404 for ever."""


def snapshot(context: Context, options: JSON, before: Lives) -> Snapshot:  # noqa: ARG001 - the contract
    """Page through the list, then ask by id for known jobs that are unfinished and not in it."""
    jobs = context.pinecone.restore_jobs
    seen: dict[str, Resource] = {}
    for page in pages(jobs.list):
        for job in page:
            _keep(seen, _resource(job), before)
    missing = [job for life, job in before.items() if life not in seen and job.status not in ENDED]
    for known in sorted(missing, key=_created_at, reverse=True)[: min(FOLLOWED, context.calls_left)]:
        found = context.find(jobs.describe, job_id=known.key)
        if found is not None:  # a 404 proves nothing here
            _keep(seen, _resource(found), before)
    return Snapshot(tuple(seen.values()), complete=False, observed_at=context.now())


def diff(before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:  # noqa: ARG001 - the contract
    """Tell of new jobs by the time Pinecone gives, and of each end once."""
    for life in sorted(after, key=lambda life: _created_at(after[life])):
        now, was = after[life], before.get(life)
        if was is None:
            yield NewEvent("restore_job.created", now, timestamp=now.body["created_at"])
        if now.status in ENDED and (was is None or was.status not in ENDED):
            yield NewEvent(
                ENDED[now.status],
                now,
                previous_status=was.status if was else None,
                timestamp=now.body["completed_at"],
            )


def _keep(seen: dict[str, Resource], job: Resource, before: Lives) -> None:
    """Note a job, but never go back: one that has ended stays so, whatever an older page still says."""
    for known in (before.get(job.life), seen.get(job.life)):
        if known is not None and known.status in ENDED and job.status not in ENDED:
            seen[job.life] = known
            return
    seen[job.life] = job


def _created_at(job: Resource) -> str:
    return str(job.body["created_at"] or "")


def _resource(job: RestoreJobModel) -> Resource:
    return Resource(key=job.restore_job_id, life=job.restore_job_id, status=job.status, body=job.to_dict())
