from __future__ import annotations

import pytest

from bridge import commands
from bridge.commands import Unclear
from bridge.models import Workspace

PLACE = Workspace(
    platform="slack",
    name="",
    sealed_secret=b"",
    secret_hint="",
    connection_id="c",
    index_name="docs",
    namespace="n",
)


def order(text: str) -> commands.Order:
    command, words = commands.parsed(text)
    assert command is not None
    return commands.order(command, words, PLACE, "steve", "request 1")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("search a  b", ("search", "a  b")),
        ("/Search: a\nb", ("search", "a\nb")),
        ("  help  ", ("help", "")),
        ("search", ("search", "")),
        ("searching x", (None, "x")),
        ("", (None, "")),
        ("\n", (None, "")),
    ],
)
def test_a_text_begins_with_its_command(text: str, read: tuple[str | None, str]) -> None:
    command, words = commands.parsed(text)
    assert (command and command.name, words) == read


@pytest.mark.parametrize(
    ("text", "backup", "name"),
    [
        ("restore as docs-b", None, "docs-b"),
        ("restore latest as docs-b", None, "docs-b"),
        ("restore 6a7b8c9d-0e1f as docs-b", "6a7b8c9d-0e1f", "docs-b"),
        ("restore assorted as docs-b", "assorted", "docs-b"),
    ],
)
def test_a_restore_names_a_backup_and_an_index(text: str, backup: str | None, name: str) -> None:
    given = order(text).input
    assert (given["index"], given.get("backup_id"), given["name"]) == ("docs", backup, name)


def test_a_restore_without_a_name_gets_the_same_one_whenever_it_is_asked_again() -> None:
    names = {order(text).input["name"] for text in ("restore", "restore", "restore latest")}
    [name] = names
    assert (name[:5], len(name)) == ("docs-", 11)


@pytest.mark.parametrize(
    "text", ["restore as other", "restore as docs", "restore a b", "restore as docs-b c", "restore ../x"]
)
def test_a_restore_that_cannot_be_meant_is_said_so(text: str) -> None:
    with pytest.raises(Unclear):
        order(text)


def test_the_same_note_has_the_same_id_however_it_is_spaced() -> None:
    assert commands.note_id("a  b\n") == commands.note_id("a b")
    assert commands.note_id("a b") != commands.note_id("a c")


def test_a_deletion_names_one_note_of_the_workspaces_namespace() -> None:
    assert order("delete note-0123456789ab").input == {
        "index": "docs", "namespace": "n", "ids": ["note-0123456789ab"], "confirm": "docs",
    }  # fmt: skip
