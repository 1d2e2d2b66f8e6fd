from __future__ import annotations

from typing import Any

import pytest

from bridge import clock
from bridge.formats import replies
from bridge.models import Event

JOB = {"backup_id": "b-1", "status": "Pending"}


def told(action: str, output: Any = None, state: str = "succeeded", error: Any = None) -> dict[str, Any]:
    return {"action": action, "state": state, "output": output, "error": error}


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (told("search_text", {"answer": "[1] So.", "passages": []}), "[1] So."),
        (told("describe_status", {"answer": "docs: Ready"}), "docs: Ready"),
        (told("upsert_rows", {"rows": [{"outcome": "upserted", "id": "note-1"}]}), "Noted, as note-1."),
        (told("upsert_rows", {"rows": [{"outcome": "unchanged", "id": "note-1"}]}), "It is noted already, as note-1."),
        (
            told("upsert_rows", {"rows": [{"outcome": "rejected", "id": None, "column": "text", "message": "is empty"}]}),
            "It cannot be noted: text is empty",
        ),
        (told("restore_backup", {"done": True, "name": "d-2", "restore_job": JOB}),
         "The backup b-1 was restored into the new index d-2."),
        (told("restore_backup", {"done": False, "name": "d-2", "restore_job": JOB}),
         "The restore into d-2 goes on; status tells how far it is."),
        (told("search_text", None), "The search is done; what came of it is too long to be told here."),
        (told("search_text", None, "cancelled"), "The search was cancelled."),
        (told("search_text", None, "failed", {"detail": "no index"}), "The search failed: no index"),
        (told("fly", None, "failed"), "fly failed: nobody knows why"),
    ],
)  # fmt: skip
def test_an_end_is_told_in_words(run: dict[str, Any], words: str) -> None:
    assert replies.ended(run) == words


def test_a_list_shows_what_was_found_shortened_with_source_and_score() -> None:
    passage = {"rank": 1, "id": "a", "text": "x " * 400, "source": "here", "score": 0.5}
    whole = {"answer": "", "passages": [passage, {**passage, "rank": 2, "text": None}]}
    lines = replies.ended(told("search_text", whole), listed=True).splitlines()
    assert lines[1] == "2. a (here, 0.50)"
    assert (lines[0].endswith("x… (here, 0.50)"), len(lines[0]) < 300) == (True, True)
    assert replies.ended(told("search_text", {"passages": []}), listed=True) == "Nothing was found."


@pytest.mark.parametrize(("name", "most"), [("slack", 3000), ("discord", 2000), ("telegram", 4096)])
def test_a_message_is_never_longer_than_its_platform_takes(name: str, most: int) -> None:
    at = clock.now()
    event = Event(dedupe_key="x", type="run.succeeded", key="r", life="r", timestamp=at, observed_at=at,
                  data=told("search_text", {"answer": "<@*_&>" * 3000}))  # fmt: skip
    message = replies.FORMATS[f"{name}_reply"](event)
    text = message.get("text") or message["content"]
    assert most * 0.9 < len(text) <= most
