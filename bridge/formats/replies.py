"""The replies: how a chat's command ended, in words, and those words as each platform's message. Pure.

What a run tells of itself ({action, state, output, error}, as its event has it) becomes plain text; only here and
in `bridge.formats` does text of others meet a platform, and it is escaped and cut for it.
Sources: docs.slack.dev, "Handling user interaction"; docs.discord.com, "Receiving and Responding"; core.telegram.org/bots/api,
"sendMessage"; learn.microsoft.com, "Create Outgoing Webhook".
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from bridge.formats import discord as on_discord
from bridge.formats import lengths
from bridge.formats import slack as on_slack
from bridge.formats import teams as on_teams
from bridge.formats import telegram as on_telegram
from bridge.models import Event
from bridge.plugin import JSON

Words = Callable[[JSON], str]
SHOWN_CHARACTERS: Final = 250
"""Of a passage in a list."""
TEAMS_CHARACTERS: Final = 6_000
EPHEMERAL: Final = 64
"""Discord's flag of a message that only the asker sees."""
VERBS: Final = {
    "search_text": "The search",
    "describe_status": "The look",
    "upsert_rows": "The note",
    "create_backup": "The backup",
    "restore_backup": "The restore",
    "delete_vectors": "The deletion",
}


def ended(told: JSON, *, listed: bool = False) -> str:
    """Return what came of a run in words. listed: a search tells what it found as a list, not as an answer."""
    name = VERBS.get(told["action"], told["action"])
    if told["state"] == "cancelled":
        return f"{name} was cancelled."
    if told["state"] == "failed":
        return f"{name} failed: {(told['error'] or {}).get('detail', 'nobody knows why')}"
    if told["output"] is None:
        return f"{name} is done; what came of it is too long to be told here."
    if listed:
        return _list(told["output"])
    return SAID.get(told["action"], _answer)(told["output"])


def _answer(output: JSON) -> str:
    return str(output.get("answer") or "It is done.")


def _list(output: JSON) -> str:
    lines = [
        f"{passage['rank']}. {_cut(passage['text'] or passage['id'])} ({passage['source']}, {passage['score']:.2f})"
        for passage in output.get("passages", ())
    ]
    return "\n".join(lines) or "Nothing was found."


def _noted(output: JSON) -> str:
    [row] = output["rows"]
    if row["outcome"] == "rejected":
        return f"It cannot be noted: {row['column'] or 'it'} {row['message']}"
    return f"{'Noted' if row['outcome'] == 'upserted' else 'It is noted already'}, as {row['id']}."


def _backed_up(output: JSON) -> str:
    return f"The backup {output['backup_id']} of {output['source_index_name']} was begun; it is {output['status']}."


def _restored(output: JSON) -> str:
    job = output["restore_job"]
    if output["done"]:
        return f"The backup {job['backup_id']} was restored into the new index {output['name']}."
    return f"The restore into {output['name']} goes on; status tells how far it is."


def _deleted(_output: JSON) -> str:
    return "The note was deleted."


SAID: Final[dict[str, Words]] = {
    "upsert_rows": _noted,
    "create_backup": _backed_up,
    "restore_backup": _restored,
    "delete_vectors": _deleted,
}


def _cut(text: str) -> str:
    return lengths.cut(" ".join(text.split()), SHOWN_CHARACTERS)


def slack(text: str, *, instead: bool = False) -> JSON:
    """Return a message that only the asker sees. instead: in the place of the one with the button."""
    said = lengths.fitted(text, on_slack.MAX_CHARACTERS, on_slack.escape)
    return {"response_type": "ephemeral", "replace_original": instead, "text": said}


def discord(text: str) -> JSON:
    """Return a message that mentions nobody and has no buttons."""
    said = lengths.fitted(text, on_discord.MAX_CHARACTERS, on_discord.escape)
    return {"content": said, "allowed_mentions": {"parse": []}, "components": []}


def telegram(text: str) -> JSON:
    """Return a message without its chat, which stands in the URL."""
    said = lengths.fitted(text, on_telegram.MAX_CHARACTERS, on_telegram.escape)
    return {"text": said, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}


def teams(text: str) -> JSON:
    """Return the answer to an outgoing webhook."""
    said = lengths.fitted(text, TEAMS_CHARACTERS, on_teams.escape)
    return {"type": "message", "text": said.replace("\n", "\n\n")}


def _slack_end(text: str, event: Event) -> JSON:
    return slack(text, instead=event.data["action"] == "delete_vectors")


def _message(event: Event, write: Callable[[str, Event], JSON], *, listed: bool) -> JSON:
    return write(ended(event.data, listed=listed), event)


WRITERS: Final[dict[str, Callable[[str, Event], JSON]]] = {
    "slack": _slack_end,
    "discord": lambda text, _: discord(text),
    "telegram": lambda text, _: telegram(text),
}
FORMATS: Final[dict[str, Callable[[Event], JSON]]] = {
    f"{platform}_{kind}": partial(_message, write=write, listed=kind == "list")
    for platform, write in WRITERS.items()
    for kind in ("reply", "list")
}
"""By the name of an endpoint's format: `slack_reply`, `slack_list` and so on."""
