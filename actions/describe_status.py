"""Tells how the indexes are and which restores there are, in a text that can be posted as it is."""

from __future__ import annotations

from collections.abc import Sequence

from actions import described
from actions.shared import restoring
from bridge.plugin import JSON, Context

SHOWN = 10
"""Restore jobs that the text tells of, the newest."""


def run(context: Context, input: JSON) -> JSON:
    """Look at the whole project, or at one index, its backups' restores and what came of them."""
    jobs = sorted(restoring.jobs(context), key=lambda job: job["created_at"] or "", reverse=True)
    indexes = [described(index) for index in context.pinecone.indexes.list()]
    if "index" in input:
        own = {backup["backup_id"] for backup in restoring.backups(context, input["index"])}
        jobs = [job for job in jobs if job["backup_id"] in own]
        names = {input["index"], *(job["target_index_name"] for job in jobs)}
        indexes = [index for index in indexes if index["name"] in names]
    told = [{name: index[name] for name in ("name", "status", "ready")} for index in indexes]
    return {"indexes": told, "restore_jobs": jobs, "answer": _answer(told, jobs)}


def _answer(indexes: Sequence[JSON], jobs: Sequence[JSON]) -> str:
    lines = [f"{index['name']}: {index['status']}" for index in indexes] or ["There is no index."]
    if jobs:
        lines += ["", "Restores:"]
    lines += [f"{job['target_index_name']}: {job['status']}" for job in jobs[:SHOWN]]
    if len(jobs) > SHOWN:
        lines.append(f"and {len(jobs) - SHOWN} before them")
    return "\n".join(lines)
