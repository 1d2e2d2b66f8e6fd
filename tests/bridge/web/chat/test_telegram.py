from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from tests.bridge.web.chat.conftest import BOT_TOKEN, CHAT, Chat, on_sqlite


@pytest.fixture
def telegram(chat: Chat) -> Chat:
    chat.workspace("telegram")
    return chat


@pytest.fixture
def bot(chat: Chat) -> Chat:
    chat.workspace("telegram", bot_token=BOT_TOKEN)
    return chat


def test_without_a_token_the_answer_to_the_update_is_the_message(telegram: Chat) -> None:
    with telegram.working():
        answer = telegram.telegram("/ask@our_bot When do pine cones open?")
    told = answer.json()
    assert (answer.status_code, told["method"], told["chat_id"], told["reply_parameters"]) == (
        200, "sendMessage", str(CHAT), {"message_id": 1365},
    )  # fmt: skip
    assert (told["parse_mode"], told["text"].splitlines()[0]) == (
        "HTML", "[1] Pine cones open when the air is dry and close in the rain.",
    )  # fmt: skip


def test_with_a_token_a_worker_sends_it_as_the_bot(bot: Chat) -> None:
    answer = bot.telegram("/search rain").json()
    bot.work()
    [posted] = bot.receiver.received
    place = urlsplit(posted.path)
    assert answer == {"method": "sendChatAction", "chat_id": str(CHAT), "action": "typing"}
    assert (posted.method, place.path) == ("POST", f"/hook/bot{BOT_TOKEN}/sendMessage")
    query = parse_qs(place.query)
    assert (query["chat_id"], orjson.loads(query["reply_parameters"][0])) == (
        [str(CHAT)],
        {"message_id": 1365},
    )
    assert posted.json["text"].startswith("1. Pine cones open")


def test_a_note_is_deleted_by_the_button_of_whoever_asked(bot: Chat) -> None:
    bot.telegram("/note The keys are under the mat.")
    bot.work()
    note = bot.told()[0]["text"].removeprefix("Noted, as ").rstrip(".")
    asked = bot.telegram(f"/delete {note}").json()
    data = asked["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    other = bot.press_telegram(data, user=2222222).json()
    bot.press_telegram(data)
    bot.work()
    done = bot.receiver.received[1]
    assert len(data.encode()) <= 64
    assert (other["method"], other["text"]) == ("editMessageText", "Only whoever asked can confirm it.")
    assert (urlsplit(done.path).path.rsplit("/")[-1], done.json["text"]) == (
        "editMessageText",
        "The note was deleted.",
    )


def test_a_forged_button_deletes_no_more_than_a_note(bot: Chat) -> None:
    told = bot.press_telegram("delete n1|1111111").json()["text"]
    assert (told.startswith("A note is named like"), bot.runs()) == (True, [])


def test_a_repeated_update_is_done_once_and_answered_again(telegram: Chat) -> None:
    with telegram.working():
        told = [telegram.telegram("/note Once.", update=7).json()["text"] for _ in range(2)]
    assert (told[0], told[0] == told[1], len(telegram.runs())) == (told[0], True, 1)
    assert told[0].startswith("Noted, as note-")


@on_sqlite
@pytest.mark.parametrize("secret", ["", "wrong-secret-wrong-secret", "Wf5tYc_telegram-secret-2x"])
def test_an_update_without_the_secret_is_refused(telegram: Chat, secret: str) -> None:
    update = {
        "update_id": 1,
        "message": {"message_id": 1, "text": "/help", "chat": {"id": CHAT, "type": "group"}},
    }
    answer = telegram.send_telegram(update, secret)
    assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")


def test_a_chat_that_is_not_known_is_told_no_more_than_its_own_id(telegram: Chat) -> None:
    told = telegram.telegram("/search rain", chat_id=42).json()
    assert (told["chat_id"], told["text"]) == ("42", "This chat, 42, is none that is known here.")
    assert telegram.runs() == []


@on_sqlite
def test_what_is_said_to_others_in_a_group_is_left_alone(telegram: Chat) -> None:
    answers = [
        telegram.telegram("hello everybody").json(),
        telegram.send_telegram({"update_id": 1}).json(),
        telegram.send_telegram({"update_id": 1, "edited_message": {"text": "/help"}}).json(),
        telegram.telegram("/help", message_id="²").json(),
        telegram.send_telegram({"update_id": 1, "message": [1], "callback_query": "x"}).json(),
    ]
    assert answers == [{}] * 5


def test_to_start_is_to_be_helped_and_a_private_chat_needs_no_slash(telegram: Chat) -> None:
    private = {"chat": {"id": CHAT, "type": "private"}}
    told = [telegram.telegram(text, **private).json()["text"] for text in ("/start", "help")]
    assert told[0] == told[1]
    assert "search WORDS" in told[0]


def test_text_of_others_is_no_html_and_no_mention(telegram: Chat) -> None:
    with telegram.working():
        telegram.telegram("/note <b>look</b> @somebody &amp;")
        told = telegram.telegram("/search look").json()["text"]
    assert "&lt;b&gt;look&lt;/b&gt; @\u2060somebody &amp;amp;" in told
