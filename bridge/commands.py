"""The commands that a chat takes: what each is called, means, needs, and which action it is an order for. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from bridge.models import Workspace
from bridge.plugin import JSON

MAX_CHARACTERS: Final = 4000
"""Longer texts are no question, and some platforms cut them silently."""
PASSAGES: Final = 5
ANSWER_CHARACTERS: Final = 1500
"""What fits every platform's message, Discord's 2,000 characters being the least, with room for what is escaped."""
NOTE: Final = re.compile(r"note-[0-9a-f]{12}")
RESTORE: Final = re.compile(
    r"(?:(?!as\b)(?P<backup>[A-Za-z0-9_-]{1,128}))?\s*(?:as\s+(?P<name>[a-z0-9-]{1,45}))?"
)
CONFIRM: Final = re.compile(r"(\S+)\s+confirm\s+\1")


@dataclass(frozen=True, slots=True)
class Command:
    """One command: how it is written, what it does, the scope its workspace needs, and its action.

    asks: it does something only when it is confirmed. bare: it needs no words after it.
    """

    name: str
    usage: str
    meaning: str
    scope: str
    action: str | None
    asks: bool = False
    bare: bool = False


COMMANDS: Final[dict[str, Command]] = {
    command.name: command
    for command in (
        Command("search", "search WORDS", "the passages nearest to it", "read", "search_text"),
        Command("ask", "ask QUESTION", "an answer with its sources", "read", "search_text"),
        Command("status", "status", "how the index and its restores are", "read", "describe_status", bare=True),
        Command("note", "note TEXT", "keeps a note to be found", "write", "upsert_rows"),
        Command("backup", "backup", "begins a backup of the index", "write", "create_backup", bare=True),
        Command(
            "restore", "restore [BACKUP] [as NAME]", "restores a backup (the newest) into a new index, and tells when it is done",
            "write", "restore_backup", bare=True,
        ),
        Command("delete", "delete NOTE", "deletes a note, when you confirm it", "delete", "delete_vectors", asks=True),
        Command("result", "result RUN", "what came of something asked for before", "read", None),
        Command("help", "help", "this", "read", None, bare=True),
    )
}  # fmt: skip
ALWAYS: Final = frozenset({"result", "help"})
"""What every workspace may ask."""
CONFIGURABLE: Final = tuple(name for name in COMMANDS if name not in ALWAYS)


@dataclass(frozen=True, slots=True)
class Order:
    """What a command is an order for."""

    action: str
    input: JSON


class Unclear(Exception):
    """What was written after a command cannot be meant; the message says how it is written."""


def parsed(text: str) -> tuple[Command | None, str]:
    """Return the command that a text begins with (None for none that is known) and the words after it."""
    first, *rest = text.strip().removeprefix("/").split(maxsplit=1) or [""]
    return COMMANDS.get(first.rstrip(":").lower()), "".join(rest).strip()


def told(allowed: Iterable[str]) -> str:
    """Return the help: a line for each command that may be used."""
    names = {*allowed, *ALWAYS}
    lines = [f"{known.usage}: {known.meaning}" for known in COMMANDS.values() if known.name in names]
    return "\n".join(["Ask me:", *lines])


def order(command: Command, words: str, place: Workspace, asker: str, request_id: str) -> Order:
    """Return the order that a command is. Raises Unclear.

    asker: who asks, as a note keeps it. request_id: tells this request from every other, and is the same when it
    is sent again.
    """
    whole: JSON = {"index": place.index_name}
    inside: JSON = {**whole, "namespace": place.namespace}
    embedding: JSON = {"embed": place.embed} if place.embed else {}
    match command.name:
        case "search" | "ask":
            limits = {"top_k": PASSAGES, "max_chars": ANSWER_CHARACTERS}
            given = {**inside, **embedding, **limits, "text": words}
        case "note":
            row = {"id": note_id(words), "text": words, "source": f"a note by {asker}"}
            given = {**inside, **embedding, "rows": [row], "id_column": "id", "text_columns": ["text"]}
        case "backup":
            given = {**whole, "description": f"asked for by {asker}"[:256]}
        case "restore":
            given = {**whole, **_restore(command, words, place, request_id)}
        case "delete":
            given = {**inside, "ids": [note_named(command, words)], "confirm": place.index_name}
        case _:
            given = whole
    return Order(str(command.action), given)


def note_id(text: str) -> str:
    """Return a note's id: the same for the same text, so that to note it twice keeps it once."""
    return f"note-{hashlib.sha256(' '.join(text.split()).encode()).hexdigest()[:12]}"


def note_named(command: Command, words: str) -> str:
    """Return the note that is meant, confirmed or not. Raises Unclear."""
    name = words.split(maxsplit=1)[0]
    if not NOTE.fullmatch(name) or (words != name and not confirmed(words)):
        raise Unclear(f"A note is named like note-0123456789ab, as it was answered. Write: {command.usage}")
    return name


def confirmed(words: str) -> bool:
    """Whether a thing is named and its name repeated: `X confirm X`, for platforms without buttons."""
    return CONFIRM.fullmatch(words) is not None


def _restore(command: Command, words: str, place: Workspace, request_id: str) -> JSON:
    found = RESTORE.fullmatch(words)
    if found is None:
        raise Unclear(f"That cannot be read. Write: {command.usage}")
    stem = f"{place.index_name}-"
    name = found["name"] or f"{stem}{hashlib.sha256(request_id.encode()).hexdigest()[:6]}"
    if not name.startswith(stem):
        raise Unclear(f"The new index's name must begin with {stem}")
    backup = found["backup"]
    return {"name": name, **({"backup_id": backup} if backup and backup != "latest" else {})}
