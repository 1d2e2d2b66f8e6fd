from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import pytest
from sqlmodel import col, select

from bridge import accepting
from bridge.access import OPERATOR
from bridge.models import Audit
from pinecone_emulator import Emulator
from tests.bridge.web.chat.conftest import TEAM, USER, Chat, on_sqlite

JSON = dict[str, Any]


@pytest.fixture
def slack(chat: Chat) -> Chat:
    chat.workspace("slack")
    return chat


def test_a_search_is_acknowledged_at_once_and_posted_to_the_response_url(slack: Chat) -> None:
    answer = slack.slack("search what does a server send?")
    before = slack.told()
    slack.work()
    [posted] = slack.told()
    assert (answer.status_code, answer.json()["response_type"], before) == (200, "ephemeral", [])
    assert (posted["response_type"], posted["replace_original"]) == ("ephemeral", False)
    assert (
        posted["text"]
        .splitlines()[0]
        .startswith("1. A webhook is a message that a server sends when something happened. (docs, 0.")
    )


def test_a_question_is_answered_with_its_sources(slack: Chat) -> None:
    slack.slack("ask When do pine cones open?")
    slack.work()
    [posted] = slack.told()
    assert posted["text"].startswith("[1] Pine cones open when the air is dry")
    assert "Sources:\n[1] forest" in posted["text"]


@on_sqlite
def test_the_acknowledgement_does_not_wait_for_the_search(slack: Chat, pinecone_emulator: Emulator) -> None:
    told = accepting.accept(slack.runtime, OPERATOR, "describe_index", {"index": "notes"}).output
    assert told is not None
    pinecone_emulator.control.fault(f"{urlsplit(told['host']).path}/records", latency=2)
    with slack.working():
        answer = slack.slack("search rain")
        [run] = slack.runs()
    slack.work()
    assert (answer.status_code, run.state in ("queued", "running"), len(slack.told())) == (200, True, 1)


def test_the_audit_says_which_person_asked(slack: Chat) -> None:
    slack.slack("note The keys are under the mat.")
    slack.work()
    [run] = slack.runs()
    with slack.runtime.database.read() as session:
        rows = session.exec(select(Audit).where(Audit.run_id == run.id).order_by(col(Audit.id))).all()
    assert [(row.verb, row.actor, row.api_key_id == run.api_key_id) for row in rows] == [
        ("run.queue upsert_rows", f"slack steve ({USER})", True),
        ("action.upsert_rows", f"slack steve ({USER})", True),
    ]


def test_a_note_is_kept_once_found_and_deleted_when_it_is_confirmed(slack: Chat) -> None:
    for _ in range(2):
        slack.slack("note The keys are under the mat.")
        slack.work()
    note = slack.told()[0]["text"].removeprefix("Noted, as ").rstrip(".")
    asked = slack.slack(f"delete {note}").json()
    button = asked["blocks"][1]["elements"][0]
    pressed = slack.press_slack(button["value"])
    slack.work()
    slack.slack("search where are the keys?")
    slack.work()
    told = [message["text"] for message in slack.told()]
    assert told[:3] == [f"Noted, as {note}.", f"It is noted already, as {note}.", "The note was deleted."]
    assert (asked["text"], button["style"], pressed.status_code, pressed.content) == (
        f"Delete {note} from notes?", "danger", 200, b"",
    )  # fmt: skip
    assert slack.told()[2]["replace_original"] is True
    assert "under the mat" not in told[3]


def test_only_whoever_asked_can_confirm(slack: Chat) -> None:
    button = slack.slack("delete note-0123456789ab").json()["blocks"][1]["elements"][0]
    slack.press_slack(button["value"], user="U999")
    assert slack.runs() == []


@on_sqlite
@pytest.mark.parametrize(
    "text", ["delete n1", "delete note-0123456789ab confirm note-aaaaaaaaaaaa", "delete *"]
)
def test_what_is_no_note_is_not_deleted(slack: Chat, text: str) -> None:
    answer = slack.slack(text).json()
    assert answer["text"].startswith("A note is named like note-0123456789ab")
    assert slack.runs() == []


def test_status_and_backup_are_told(slack: Chat) -> None:
    for text in ("status", "backup"):
        slack.slack(text)
        slack.work()
    told = [message["text"] for message in slack.told()]
    assert told[0] == "notes: Ready"
    assert told[1].startswith("The backup ")
    assert told[1].endswith(" of notes was begun; it is Initializing.")


def test_what_fails_is_told(slack: Chat) -> None:
    slack.slack("restore")
    slack.work()
    [told] = slack.told()
    assert told["text"].startswith("The restore failed: ")
    assert "no backup that is Ready" in told["text"]


def test_text_of_others_mentions_nobody(slack: Chat) -> None:
    slack.slack("note <!channel> & <@U1> say <https://evil.example|hello>")
    slack.work()
    slack.slack("search who says hello?")
    slack.work()
    text = slack.told()[1]["text"]
    assert "&lt;!channel&gt; &amp; &lt;@U1&gt;" in text
    assert "<" not in text
    assert ">" not in text


def test_a_repeated_request_is_known_and_done_once(slack: Chat) -> None:
    form = {"team_id": TEAM, "user_id": USER, "text": "backup", "response_url": slack.receiver.url}
    body = urlencode(form).encode()
    answers = [slack.send_slack(body, retry=number) for number in (None, 1, 2)]
    replayed = slack.send_slack(body)
    slack.work()
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert (replayed.status_code, replayed.json()["code"]) == (401, "bad_signature")
    assert (len(slack.runs()), len(slack.told())) == (1, 1)


@on_sqlite
@pytest.mark.parametrize(
    ("changes", "age"),
    [
        ({"X-Slack-Signature": "v0=" + "0" * 64}, 0),
        ({"X-Slack-Signature": ""}, 0),
        ({"X-Slack-Signature": "v0=é"}, 0),
        ({"X-Slack-Request-Timestamp": "1531420618"}, 0),
        ({"X-Slack-Request-Timestamp": "soon"}, 0),
        ({"X-Slack-Request-Timestamp": ""}, 0),
        ({}, 301),
        ({}, -360),
    ],
)
def test_a_forged_or_late_request_does_nothing_and_learns_nothing(
    slack: Chat, changes: dict[str, str], age: float
) -> None:
    form = {"team_id": TEAM, "user_id": USER, "text": "note x", "response_url": slack.receiver.url}
    sent = {name: text.encode() for name, text in changes.items()}
    answer = slack.send_slack(urlencode(form).encode(), age=age, **sent)  # type: ignore[arg-type]
    told = answer.json()
    assert (answer.status_code, answer.headers["Content-Type"], told["code"], told["errors"]) == (
        401, "application/problem+json", "bad_signature", [],
    )  # fmt: skip
    assert slack.runs() == []


def test_every_refusal_reads_the_same(slack: Chat) -> None:
    form = {"team_id": TEAM, "user_id": USER, "text": "help", "response_url": slack.receiver.url}
    body = urlencode(form).encode()
    forged = slack.send_slack(body, **{"X-Slack-Signature": "v0=" + "0" * 64})
    late = slack.send_slack(body, age=400)
    unknown = slack.slack("help", team_id="T9999")
    told = [{**answer.json(), "request_id": ""} for answer in (forged, late, unknown)]
    assert told[0] == told[1] == told[2]


def test_no_workspace_at_all_is_the_same_refusal(chat: Chat) -> None:
    assert chat.slack("help").status_code == 401


@on_sqlite
@pytest.mark.parametrize(
    "url", ["https://evil.example/x", "https://hooks.slack.com.evil.example/x", "http://hooks.slack.com/x", "", "//", "https://["]
)  # fmt: skip
def test_a_response_url_that_is_not_slacks_is_refused(slack: Chat, problem: Any, url: str) -> None:
    refused = slack.slack("search x", response_url=url)
    assert problem(refused) == (422, "invalid_input", "/response_url")
    assert slack.runs() == []


@on_sqlite
@pytest.mark.parametrize("text", ["", "help", "fly me to the moon", "HELP:", "\0"])
def test_what_is_unknown_is_answered_with_help(slack: Chat, text: str) -> None:
    told = slack.slack(text).json()["text"]
    assert "search WORDS: the passages nearest to it" in told
    assert slack.runs() == []


@on_sqlite
def test_a_text_that_is_too_long_or_missing_is_told(slack: Chat) -> None:
    told = [slack.slack(text).json()["text"] for text in ("ask " + "x" * 4001, "ask", "ask  \n ")]
    assert told == [
        "That has 4001 characters; ask takes at most 4000.",
        "Something is missing. Write: ask QUESTION",
        "Something is missing. Write: ask QUESTION",
    ]


@on_sqlite
def test_a_body_over_the_limit_is_refused(slack: Chat) -> None:
    assert slack.send_slack(b"x" * (256 * 1024 + 1)).status_code == 413


def test_what_a_workspace_may_not_is_told_and_not_done(chat: Chat) -> None:
    chat.workspace("slack", commands=["search"], scopes=["read"])
    told = [
        chat.slack(text).json()["text"].splitlines()
        for text in ("note x", "delete note-0123456789ab", "help")
    ]
    assert [lines[0] for lines in told] == [
        "note is not for this workspace. Ask me:", "delete is not for this workspace. Ask me:", "Ask me:",
    ]  # fmt: skip
    assert [line.split()[0].rstrip(":") for line in told[2][1:]] == ["search", "result", "help"]
    assert chat.runs() == []


def test_the_end_can_be_asked_for_again_and_only_in_its_own_workspace(slack: Chat) -> None:
    slack.slack("search rain")
    [run] = slack.runs()
    waiting = slack.slack(f"result {run.id}").json()["text"]
    slack.work()
    done = slack.slack(f"result {run.id}").json()["text"]
    other = slack.slack("result run_0123456789abcdef0123456789abcdef").json()["text"]
    assert waiting == f"It is being worked on. To see what came of it, write: result {run.id}"
    assert done.startswith("[1] Pine cones open")
    assert other == "Nothing of that name was asked for here."


@on_sqlite
@pytest.mark.parametrize("press", [{"actions": 7}, {"actions": [7]}, {"actions": {"value": "x"}}, {}])
def test_a_press_of_nothing_does_nothing(slack: Chat, press: JSON) -> None:
    whole = {"team": {"id": TEAM}, "user": {"id": USER}, "response_url": slack.receiver.url, **press}
    answer = slack.send_slack(urlencode({"payload": orjson.dumps(whole)}).encode(), path="interactions")
    assert (answer.status_code, slack.runs()) == (200, [])


def test_an_index_without_a_model_of_its_own_is_asked_by_the_workspaces(
    chat: Chat, pinecone_emulator: Emulator
) -> None:
    order = {"name": "plain", "dimension": 384, "metric": "cosine", "cloud": "aws", "region": "us-east-1"}
    accepting.accept(chat.runtime, OPERATOR, "create_index", order)
    pinecone_emulator.control.advance(60)
    embed = {"provider": "pinecone", "model": "llama-text-embed-v2", "dimension": 384}
    chat.workspace("slack", index="plain", embed=embed)
    for text in ("note The keys are under the mat.", "ask where are the keys?"):
        chat.slack(text)
        chat.work()
    told = chat.told()
    assert told[1]["text"] == (f"[1] The keys are under the mat.\n\nSources:\n[1] a note by steve ({USER})")


def test_two_workspaces_of_one_app_are_told_apart(chat: Chat) -> None:
    chat.workspace("slack", commands=["search"], scopes=["read"])
    second = chat.workspace("slack", external_id="T0002", commands=["status"], scopes=["read"])
    chat.slack("status", team_id="T0002")
    chat.slack("status")
    assert [run.api_key_id for run in chat.runs()] == [second["id"]]
