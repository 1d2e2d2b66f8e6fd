"""Owns the control API under /_emulator/: time, faults, the fate of creations, states, projects, reset.

It needs an API key like everything else, and exists only while the server is bound to loopback. Its errors are
ErrorResponse of the latest version.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

from flask import Blueprint, Response

from pinecone_emulator import imports, indexes
from pinecone_emulator.admin import members
from pinecone_emulator.catalogue import save_backup, save_collection, save_index, save_restore_job
from pinecone_emulator.clock import timestamp
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.faults import Drop, Fate, Fault, Kind
from pinecone_emulator.lifecycle import INDEX_STATES
from pinecone_emulator.payload import Payload
from pinecone_emulator.routes.context import backend, body, json, project_id
from pinecone_emulator.versions import admin as wire

if TYPE_CHECKING:
    import sqlite3

doors = Blueprint("control", __name__, url_prefix="/_emulator")

KINDS = get_args(Kind)
LONGEST_LATENCY = 60.0
LOWEST_STATUS, HIGHEST_STATUS = 400, 599


@doors.get("/clock")
def clock() -> Response:
    """Tell the emulator's time."""
    now = backend().clock
    return json({"now": timestamp(now.now()), "advanced_seconds": now.offset})


@doors.post("/advance")
def advance() -> Response:
    """Move the clock forward by `seconds`."""
    backend().advance(_number(body(), "seconds"))
    return clock()


@doors.post("/faults")
def add_fault() -> Response:
    """Make the next `count` requests under `path` fail with `status` and/or wait `latency` seconds."""
    wanted = body()
    status = wanted.integer("status")
    if status is not None and not LOWEST_STATUS <= status <= HIGHEST_STATUS:
        raise InvalidArgumentError("status must be between 400 and 599.")
    latency = _number(wanted, "latency") if wanted.data.get("latency") is not None else 0.0
    drop = cast("Drop | None", wanted.choice("drop", get_args(Drop)))
    if status is None and not latency and drop is None:
        raise InvalidArgumentError(
            "A fault needs a status, a latency or a drop; without them nothing would fail."
        )
    fault = Fault(
        path=wanted.text("path") or "/",
        count=_count(wanted),
        method=wanted.text("method"),
        status=status,
        retry_after=wanted.integer("retry_after"),
        latency=min(latency, LONGEST_LATENCY),
        drop=drop,
    )
    message = wanted.text("message")
    backend().faults.add(fault if message is None else replace(fault, message=message))
    return Response(status=204)


@doors.delete("/faults")
def clear_faults() -> Response:
    """Forget all faults and fates that are still open."""
    backend().faults.clear()
    return Response(status=204)


@doors.post("/next")
def decide_next() -> Response:
    """Make the next `count` creations of `kind` (see `faults.Kind`) `fail` or `hold` by `outcome`."""
    wanted = body()
    kind = wanted.need("kind", wanted.choice("kind", KINDS))
    outcome = wanted.need("outcome", wanted.choice("outcome", ("fail", "hold")))
    backend().faults.decide(cast("Kind", kind), cast("Fate", outcome), _count(wanted))
    return Response(status=204)


@doors.post("/release")
def release() -> Response:
    """Let everything of this project that is held go on: it reaches its end now."""
    now, running = backend().clock.now(), backend()
    with running.deciding, running.database.writing() as connection:
        for index in running.catalogue.indexes(project_id()):
            if index.ready_at is None:
                save_index(connection, replace(index, ready_at=now))
        for job in running.catalogue.restore_jobs(project_id()):
            if job.complete_at is None:
                save_restore_job(connection, replace(job, complete_at=now))
        _release_copies(connection, now)
    return Response(status=204)


def _release_copies(connection: sqlite3.Connection, now: float) -> None:
    for backup in backend().catalogue.backups(project_id()):
        if backup.ready_at is None:
            save_backup(connection, replace(backup, ready_at=now))
    for collection in backend().catalogue.collections(project_id()):
        if collection.ready_at is None:
            save_collection(connection, replace(collection, ready_at=now))
    imports.release(backend(), connection, project_id())


@doors.post("/indexes/<name>/state")
def force_state(name: str) -> Response:
    """Put an index that is ready into `state`, null for its own again."""
    wanted = body()
    state = wanted.choice("state", tuple(sorted(INDEX_STATES)))
    running = backend()
    with running.deciding:
        index = replace(indexes.find(running, project_id(), name), forced_state=state)
        with running.database.writing() as connection:
            save_index(connection, index)
    return Response(status=204)


@doors.post("/projects")
def create_project() -> Response:
    """Create a project with an API key of its own."""
    wanted = body(optional=True)
    project = backend().projects.create(wanted.text("name") or "project")
    return json({"id": project.id, "api_key": project.api_key}, 201)


@doors.post("/invites/<invite_id>/accept")
def accept_invite(invite_id: str) -> Response:
    """Be the person who accepts an invite, under this `name`."""
    user = members.accept_invite(backend(), invite_id, body(optional=True).text("name"))
    return json(wire.user(user), 201)


@doors.post("/reset")
def reset() -> Response:
    """Delete all data of all projects, the faults and the clock's offset; keys stay."""
    backend().reset()
    return Response(status=204)


def _number(payload: Payload, name: str) -> float:
    value = payload.data.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10**9:
        raise InvalidArgumentError(f"{name} must be a number of seconds, 0 or more.")
    return float(value)


def _count(payload: Payload) -> int:
    count = payload.integer("count")
    if count is not None and count < 1:
        raise InvalidArgumentError("count must be 1 or more.")
    return 1 if count is None else count
