"""Restores a backup into a new index, and waits until that is done: as a run, which tells its end."""

from __future__ import annotations

from actions import described, refuse
from actions.shared import restoring
from actions.shared.creating import TAKEN, naming
from bridge.errors import Fault, PineconeFailedPrecondition
from bridge.plugin import JSON, Context

LOOK_SECONDS = 3.0
FAILED = ("Failed", "Cancelled")


def run(context: Context, input: JSON) -> JSON:
    """Return the restore job when it has completed, or as it is when the time is over."""
    begun = context.place or _begin(context, input)
    while True:
        job = context.pinecone.restore_jobs.describe(job_id=begun["restore_job_id"]).to_dict()
        left = begun["until"] - context.now().timestamp()
        if job["status"] in FAILED:
            raise PineconeFailedPrecondition(f"the restore job {job['restore_job_id']} is {job['status']}")
        if job["status"] == "Completed" or left <= 0:
            return {"done": job["status"] == "Completed", "name": input["name"], "restore_job": job}
        context.report(0, None, place=begun)
        context.pause(min(LOOK_SECONDS, left))


def _begin(context: Context, input: JSON) -> JSON:
    """Start the restore; one that an attempt before this one started is gone on with."""
    until = context.now().timestamp() + input["timeout_seconds"]
    backup_id = _chosen(restoring.backups(context, input["index"]), input)
    try:
        with naming(input["name"]):
            started = context.pinecone.create_index_from_backup(
                name=input["name"], backup_id=backup_id, timeout=-1
            )
    except Exception as error:
        job_id = _begun_before(context, input["name"], backup_id)
        if getattr(error, "status_code", None) != TAKEN or job_id is None:
            raise
        return {"restore_job_id": job_id, "until": until}
    return {"restore_job_id": started.restore_job_id, "until": until}


def _chosen(backups: list[JSON], input: JSON) -> str:
    wanted = input.get("backup_id")
    ready = [
        backup
        for backup in backups
        if (wanted == backup["backup_id"] if wanted else backup["status"] == "Ready")
    ]
    if not ready:
        told = (
            "is no backup of this index" if wanted else "is required: the index has no backup that is Ready"
        )
        refuse([Fault("/backup_id", told)])
    return str(max(ready, key=lambda backup: backup["created_at"] or "")["backup_id"])


def _begun_before(context: Context, name: str, backup_id: str) -> str | None:
    there = context.find(context.pinecone.indexes.describe, name)
    if there is None or described(there)["source_backup_id"] != backup_id:
        return None
    fitting = [
        job
        for job in restoring.jobs(context)
        if (job["target_index_name"], job["backup_id"]) == (name, backup_id)
    ]
    newest = max(fitting, key=lambda job: job["created_at"] or "", default=None)
    return str(newest["restore_job_id"]) if newest else None
