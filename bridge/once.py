"""Once: does what Pinecone cannot do twice harmlessly, and never does it twice silently.

What is there already is written on the run before the call, which the SDK does not retry. When the answer is lost,
or the process, what is there is looked at again: one thing that was not there before is what the run has made.
"""

from __future__ import annotations

from typing import Final

from bridge import errors, performing, sealed
from bridge.errors import PinehookError
from bridge.models import Run
from bridge.plugin import JSON
from bridge.progress import Progress
from bridge.registry import ActionPlugin
from bridge.runtime import Runtime

LOST: Final = frozenset({"pinecone_failed", "pinecone_timeout", "pinecone_unreachable", "internal_error"})
"""Failures after which what was asked may have been done all the same."""


def perform(runtime: Runtime, action: ActionPlugin, run: Run, progress: Progress) -> JSON:
    """Return the output of an action that is done once; after a crash, of what the run had begun.

    Raises OutcomeUnknown where nobody can tell, and what Pinecone's refusal means.
    """
    if progress.place is not None and (made := _made(runtime, action, run, progress)) is not None:
        return made
    progress.place = {"there": sorted(_look(runtime, action, run, progress))}
    progress.write()
    progress.check()
    connection = sealed.find(runtime.database, str(run.connection_id))
    try:
        return performing.perform(runtime, action, connection, run.input or {}, progress)
    except PinehookError as problem:
        if problem.code not in LOST:
            raise
        made = _made(runtime, action, run, progress)
        if made is None:
            raise errors.OutcomeUnknown(f"the answer was lost ({problem.code}), and what was asked for is not to be seen (yet)") from problem  # fmt: skip
        return made


def _made(runtime: Runtime, action: ActionPlugin, run: Run, progress: Progress) -> JSON | None:
    """Return what this run has made, None where it has made nothing."""
    there = set((progress.place or {}).get("there", ()))
    try:
        new = {
            name: made for name, made in _look(runtime, action, run, progress).items() if name not in there
        }
    except PinehookError as problem:
        told = f"whether it was done could not be looked up ({problem.code})"
        raise errors.OutcomeUnknown(told) from problem
    if not new:
        return None
    names = ", ".join(sorted(new))
    if len(new) > 1:
        raise errors.OutcomeUnknown(f"{len(new)} of that name are new, and one may be of this run: {names}")
    [made] = new.values()
    required = set(action.output.bundled.get("required", ()))
    if lacking := sorted(required - made.keys()):
        raise errors.OutcomeUnknown(
            f"{names} was made, but its {lacking[0]} was lost; delete it and ask again"
        )
    return performing.fitting(action, made)


def _look(runtime: Runtime, action: ActionPlugin, run: Run, progress: Progress) -> dict[str, JSON]:
    assert action.look is not None  # noqa: S101 - who calls has looked
    context = runtime.connections.context(sealed.find(runtime.database, str(run.connection_id)), progress)
    try:
        return action.look(context, run.input or {})
    except Exception as error:
        raise runtime.connections.explain(error) from error
