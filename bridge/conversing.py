"""Conversing: what someone wrote in a chat becomes an answer at once, or a run whose end is told there.

The run acts as the workspace: on its connection and index alone, with its scopes. The audit says which person of
the platform asked. What deletes is asked back first, and done only for whoever had asked.
"""

from __future__ import annotations

from dataclasses import dataclass

from bridge import accepting, commands, errors, runs
from bridge.accepting import Wish
from bridge.access import Caller
from bridge.commands import Command, Unclear
from bridge.errors import PinehookError
from bridge.formats import replies
from bridge.models import Run, Workspace
from bridge.runtime import Runtime
from bridge.ways import Way

MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What someone asks. who: their id on the platform; name: how people call them there.

    request_id: the platform's own of this request. way: None where there is none, so that the end is waited for.
    asked_by: for whom the button was that was pressed; None where none was.
    """

    workspace: Workspace
    who: str
    name: str
    text: str
    request_id: str
    way: Way | None
    remote: str | None
    asked_by: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """What is answered at once.

    confirm: what a button is to send back to have it done. run: what was begun; its end is still to be told.
    again: the very same was asked before. listed: the end is told as a list.
    """

    text: str
    confirm: str | None = None
    run: Run | None = None
    again: bool = False
    listed: bool = False


def converse(runtime: Runtime, asked: Asked) -> Said:
    """Answer what is asked; nothing that is asked wrongly is an error here: the answer says what is right.

    Raises InvalidInput for a way that leads where nothing may be sent.
    """
    command, words = commands.parsed(asked.text)
    if asked.asked_by not in (None, asked.who):
        return Said("Only whoever asked can confirm it.")
    if refused := _refused(asked, command, words):
        return Said(refused)
    assert command is not None  # noqa: S101 - it would have been refused
    try:
        if command.name == "result":
            return _result(runtime, asked, words)
        if command.asks and not (asked.asked_by or commands.confirmed(words)):
            note = commands.note_named(command, words)
            button = f"{command.name} {note}|{asked.who}"
            return Said(f"Delete {note} from {asked.workspace.index_name}?", confirm=button)
        return _begun(runtime, asked, command, words)
    except Unclear as unclear:
        return Said(str(unclear))


def pressed(button: str) -> tuple[str, str]:
    """Return what a button asks for, and for whom it was."""
    text, _, who = button.rpartition("|")
    return text, who


def ending(run: Run, *, listed: bool = False) -> str:
    """Tell how a run ended, or how to learn it."""
    if run.state not in runs.ENDED:
        return f"It is being worked on. To see what came of it, write: result {run.id}"
    told = {"action": run.action, "state": run.state, "output": run.output, "error": run.error}
    return replies.ended(told, listed=listed)


def _refused(asked: Asked, command: Command | None, words: str) -> str | None:
    """Return what is told of something that is not to be begun at all."""
    help_text = commands.told(asked.workspace.commands)
    if command is None:
        first = asked.text.split()[:1]
        return f"I do not know {first[0][:40]}. {help_text}" if first else help_text
    if command.name == "help":
        return help_text
    return _forbidden(asked.workspace, command) or _misfit(command, words)


def _forbidden(place: Workspace, command: Command) -> str | None:
    if command.name in commands.ALWAYS:
        return None
    if command.name not in place.commands:
        return f"{command.name} is not for this workspace. {commands.told(place.commands)}"
    if command.scope not in place.scopes:
        return f"{command.name} needs the scope {command.scope}, which this workspace does not have."
    return None


def _misfit(command: Command, words: str) -> str | None:
    if not words and not command.bare:
        return f"Something is missing. Write: {command.usage}"
    if len(words) > commands.MAX_CHARACTERS:
        return f"That has {len(words)} characters; {command.name} takes at most {commands.MAX_CHARACTERS}."
    return None


def _begun(runtime: Runtime, asked: Asked, command: Command, words: str) -> Said:
    place, listed = asked.workspace, command.name == "search"
    order = commands.order(command, words, place, _named(asked), asked.request_id)
    if command.name == "restore" and asked.way:
        order.input["timeout_seconds"] = asked.way.lifetime_seconds
    callback = asked.way.callback(listed=listed) if asked.way else None
    wish = Wish(key=f"chat {asked.request_id}", background=True, callback=callback)
    try:
        taken = accepting.accept(
            runtime, _caller(asked), order.action, order.input, connection=place.connection_id, wish=wish
        )
    except PinehookError as problem:
        if any(fault.pointer == "/callback_url" for fault in problem.errors):
            raise
        return Said(f"That cannot be done: {problem.detail}")
    return Said(f"{command.name}: I am working on it.", run=taken.run, again=taken.again, listed=listed)


def _result(runtime: Runtime, asked: Asked, words: str) -> Said:
    try:
        run = runs.get(runtime, _caller(asked), words)
    except errors.NotFound:
        run = None
    if run is None or run.api_key_id != asked.workspace.id:
        return Said("Nothing of that name was asked for here.")
    return Said(ending(run))


def _caller(asked: Asked) -> Caller:
    place = asked.workspace
    return Caller(
        api_key_id=place.id,
        name=f"{place.platform} {_named(asked)}",
        scopes=frozenset(place.scopes),
        connection_ids=frozenset({place.connection_id}),
        remote=asked.remote,
        indexes=(place.index_name, f"{place.index_name}-*"),
    )


def _named(asked: Asked) -> str:
    name, who = (" ".join(text.split())[:MAX_NAME_CHARACTERS] for text in (asked.name, asked.who))
    return f"{name} ({who})" if name and name != who else who
