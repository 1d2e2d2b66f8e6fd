"""The exchange: what the chat doors have in common: the bytes that are signed, how old they are, the wait for an end."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any, Final

import orjson

from bridge import clock, conversing, errors, runs, workspaces
from bridge.access import OPERATOR
from bridge.conversing import Said
from bridge.models import Workspace
from bridge.plugin import JSON
from bridge.runtime import Runtime
from bridge.web import reading, waiting

MAX_BYTES: Final = 256 * 1024
MAX_AGE_SECONDS: Final = 300
PATIENCE_SECONDS: Final = 4.0
"""How long an end is waited for where there is no later way to tell it: Teams waits 5 s."""
MAX_DIGITS: Final = 12
MAX_WORDS: Final = 10_000


def body() -> bytes:
    """Return the bytes of the request. Raises BodyTooLarge."""
    return reading.raw(MAX_BYTES)


def refuse_old(seconds: str) -> None:
    """Raise BadSignature for a moment (seconds since 1970) that is none, or over five minutes away from now."""
    is_number = seconds.isascii() and seconds.isdigit() and len(seconds) <= MAX_DIGITS
    if not is_number or abs(clock.now().timestamp() - int(seconds)) > MAX_AGE_SECONDS:
        raise workspaces.refusal()


def parsed(raw: bytes | str) -> JSON:
    """Return the object that signed bytes are. Raises NotJson."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise errors.NotJson(f"the body is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise errors.NotJson("the body is no JSON object")
    return found


def at(found: Any, *names: str) -> Any:
    """Return what stands at a path of an object, {} where there is nothing."""
    for name in names:
        found = found.get(name) if isinstance(found, dict) else None
    return {} if found is None else found


def items(found: Any, *names: str) -> list[Any]:
    """Return the list at a path of an object, [] where there is none."""
    told = at(found, *names)
    return told if isinstance(told, list) else []


def digest(raw: bytes) -> str:
    """Return what tells a request from every other: whatever a platform sends again has the same bytes."""
    return hashlib.sha256(raw).hexdigest()


def words(found: Any, *names: str) -> str:
    """Return the text or number at a path, "" where there is none; without NUL, which no database here can keep."""
    told = at(found, *names)
    return str(told).replace("\0", " ")[:MAX_WORDS] if isinstance(told, str | int) else ""


def chosen(known: list[Workspace], *names: str) -> Workspace:
    """Return the workspace that the platform calls so, the first of the names first. Raises BadSignature."""
    for name in filter(None, names):
        for workspace in known:
            if workspace.external_id == name:
                return workspace
    raise workspaces.refusal()


def ending(runtime: Runtime, said: Said) -> str:
    """Return what is told at last where nothing can be told later: the end if it comes soon, else how to see it."""
    run = said.run
    if run is None:
        return said.text
    if run.state not in runs.ENDED:
        with suppress(errors.TooManyWaiting), waiting.seat(needed=True):
            run = runs.wait(runtime, OPERATOR, run.id, PATIENCE_SECONDS)
    return conversing.ending(run, listed=said.listed)
