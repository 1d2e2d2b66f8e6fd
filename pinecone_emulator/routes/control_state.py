"""Owns the part of the control API that is about the whole server: settings, stale reads, states saved and loaded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, request

from pinecone_emulator import stale, states
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.quotas import PLANS
from pinecone_emulator.routes.context import backend, body, json, project_id
from pinecone_emulator.settings import CHANGEABLE

doors = Blueprint("control_state", __name__, url_prefix="/_emulator")

CHUNK_BYTES = 1024 * 1024
LONGEST_SECONDS = 1e9


@doors.get("/settings")
def show_settings() -> Response:
    """Tell the settings that can be changed while running."""
    return json({name: getattr(backend().settings, name) for name in CHANGEABLE})


@doors.patch("/settings")
def change_settings() -> Response:
    """Change settings until the next reset or start."""
    wanted = body().data
    changes = {name: _checked(name, value) for name, value in wanted.items()}
    running = backend()
    with running.deciding:
        running.settings = replace(running.settings, **changes)
    return show_settings()


def _checked(name: str, value: Any) -> Any:
    if name not in CHANGEABLE:
        raise InvalidArgumentError(
            f"{name[:80]!r} cannot be changed while running. What can: {', '.join(CHANGEABLE)}."
        )
    if name == "plan":
        if value not in PLANS:
            raise InvalidArgumentError(f"plan must be one of {', '.join(PLANS)}.")
        return value
    return _seconds(name, value)


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LONGEST_SECONDS:
        raise InvalidArgumentError(f"{name} must be a number of seconds, 0 or more.")
    return float(value)


@doors.post("/indexes/<name>/stale")
def begin_stale_reads(name: str) -> Response:
    """Have an index read as it is now for `seconds`."""
    stale.begin(backend(), project_id(), name, _seconds("seconds", body().data.get("seconds")))
    return Response(status=204)


@doors.get("/state")
def dump_state() -> Response:
    """Save the whole state and send it."""
    folder = tempfile.TemporaryDirectory(dir=backend().folder, prefix="dump-")
    path = Path(folder.name) / "state.db"
    states.dump(backend(), path)
    response = Response(_chunks(path), mimetype="application/vnd.sqlite3")
    response.content_length = path.stat().st_size
    response.call_on_close(folder.cleanup)
    return response


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


@doors.put("/state")
def load_state() -> Response:
    """Take over a saved state in place of all there is."""
    with tempfile.TemporaryDirectory(dir=backend().folder, prefix="load-") as folder:
        path = Path(folder) / "state.db"
        # Straight from the server: a state may be larger than any other body.
        source, left = request.environ["wsgi.input"], request.content_length or 0
        with path.open("wb") as file:
            while left > 0 and (chunk := source.read(min(CHUNK_BYTES, left))):
                left -= file.write(chunk)
        states.load(backend(), path)
    return Response(status=204)
