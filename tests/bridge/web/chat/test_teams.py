from __future__ import annotations

import time

import pytest

from tests.bridge.web.chat.conftest import Chat, on_sqlite


@pytest.fixture
def teams(chat: Chat) -> Chat:
    chat.workspace("teams")
    return chat


def test_a_question_is_answered_in_the_same_breath(teams: Chat) -> None:
    with teams.working():
        answer = teams.teams("ask When do pine cones open?")
    told = answer.json()
    assert (answer.status_code, told["type"]) == (200, "message")
    assert told["text"].startswith("\\[1\\] Pine cones open when the air is dry")


@on_sqlite
def test_what_is_not_done_in_time_says_how_to_see_it(teams: Chat) -> None:
    began = time.monotonic()
    waiting = teams.teams("search rain").json()["text"]
    took = time.monotonic() - began
    [run] = teams.runs()
    teams.work()
    done = teams.teams(f"result {run.id}").json()["text"]
    assert (
        waiting.replace("\\", "") == f"It is being worked on. To see what came of it, write: result {run.id}"
    )
    assert took < 5
    assert done.startswith("\\[1\\] Pine cones open")


def test_a_note_is_deleted_when_its_name_is_repeated(teams: Chat) -> None:
    with teams.working():
        noted = teams.teams("note The keys are under the mat.").json()["text"].replace("\\", "")
        note = noted.removeprefix("Noted, as ").rstrip(".")
        asked = teams.teams(f"delete {note}").json()["text"].replace("\\", "")
        before = len(teams.runs())
        deleted = teams.teams(f"delete {note} confirm {note}").json()["text"].replace("\\", "")
    assert asked == f"Delete {note} from notes? Write: delete {note} confirm {note}"
    assert (before, deleted) == (1, "The note was deleted.")


@on_sqlite
def test_text_of_others_is_neither_markup_nor_a_mention(teams: Chat) -> None:
    with teams.working():
        teams.teams("note &lt;at&gt;everyone&lt;/at&gt; **look** [here](https://evil.example)")
        told = teams.teams("search look here").json()["text"]
    assert "<at>" not in told
    assert "&lt;at&gt;everyone&lt;/at&gt; \\*\\*look\\*\\*" in told


@on_sqlite
@pytest.mark.parametrize("authorization", ["HMAC AAAA", "HMAC", "Bearer x", "HMAC é"])
def test_what_teams_has_not_signed_is_refused(teams: Chat, authorization: str) -> None:
    answer = teams.send_teams(b"{}", authorization.encode())  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"], teams.runs()) == (401, "bad_signature", [])


@on_sqlite
@pytest.mark.parametrize("age", [301, -360])  # what lies ahead comes nearer while the test runs
def test_a_message_of_another_time_is_refused(teams: Chat, age: float) -> None:
    assert teams.teams("help", age=age).status_code == 401


def test_a_message_without_its_time_is_refused(teams: Chat) -> None:
    assert [teams.teams("help", timestamp=moment).status_code for moment in ("soon", None)] == [401, 401]


def test_the_same_message_twice_is_refused_and_done_once(teams: Chat) -> None:
    with teams.working():
        body = teams.activity("backup")
        answers = [teams.send_teams(body).status_code for _ in range(2)]
    assert (answers, len(teams.runs())) == ([200, 401], 1)


def test_each_webhook_is_known_by_its_token(chat: Chat) -> None:
    chat.workspace("teams", secret="b3RoZXIgdG9rZW4sIG90aGVyIHRlYW0=", commands=["status"], scopes=["read"])
    assert chat.teams("help").status_code == 401
