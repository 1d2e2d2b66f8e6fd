"""Performing: calls an action on its connection, and holds what comes of it to the contract."""

from __future__ import annotations

import structlog

from bridge import beginning, errors, sealed
from bridge.plugin import JSON
from bridge.progress import Progress
from bridge.registry import ActionPlugin
from bridge.runtime import Runtime
from bridge.sealed import Sealed

log = structlog.get_logger()


def perform(
    runtime: Runtime,
    action: ActionPlugin,
    connection: Sealed,
    checked: JSON,
    progress: Progress | None = None,
) -> JSON:
    """Return the output of an action for an input that was checked.

    Raises UnknownConnection, what Pinecone's refusal means, and with a progress Stopped.
    """
    if action.touches and action.acts(checked):
        beginning.look_first(runtime, connection.id, action.touches)
        connection = sealed.find(runtime.database, connection.id)  # that may have taken a while
    context = runtime.connections.context(connection, progress, once=action.once)
    try:
        try:
            output = action.run(context, checked)
        except errors.DimensionMismatch:
            # Nothing was sent. What is remembered of the index may be of an earlier life: look once more.
            _forget(runtime, connection.id, checked)
            output = action.run(context, checked)
        return fitting(action, output)
    except Exception as error:
        problem = runtime.connections.explain(error)
        if isinstance(problem, errors.PineconeNotFound):
            _forget(runtime, connection.id, checked)
        if isinstance(problem, errors.InternalError):
            log.exception("action.broken", error=type(error).__name__)
        raise problem from error


def fitting(action: ActionPlugin, output: JSON) -> JSON:
    """Return the output if it fits the action's schema. Raises InternalError."""
    try:
        checked: JSON = action.output.check(output, what="the output")
    except errors.InvalidInput as error:
        log.exception("action.output_misfit", action=action.name)
        raise errors.InternalError(
            f"the action {action.name} gave an output that breaks its own schema"
        ) from error
    return checked


def _forget(runtime: Runtime, connection_id: str, checked: JSON) -> None:
    for named in (checked, *checked.get("indexes", ())):
        runtime.connections.forget_index(connection_id, str(named.get("index")))
