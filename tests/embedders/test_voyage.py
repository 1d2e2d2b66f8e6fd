from __future__ import annotations

import pytest

from bridge import errors
from bridge.errors import PinehookError
from tests.embedders import stand_in
from tests.embedders.conftest import Embed
from tests.embedders.stand_in import KEY, Voyage

LAW = {"provider": "voyage", "model": "voyage-law-2"}


def test_the_request_is_the_documented_one(embed: Embed, voyage: Voyage) -> None:
    embed(["a", "b"], **LAW, input_type="query")
    [asked] = voyage.requests
    told = (asked["path"], asked["headers"]["Authorization"], asked["headers"]["Content-Type"], asked["body"])
    body = {"input": ["a", "b"], "model": "voyage-law-2", "input_type": "query", "truncation": True}
    assert told == ("/v1/embeddings", f"Bearer {KEY}", "application/json", body)


def test_texts_go_128_at_a_time_and_come_back_in_order(embed: Embed, voyage: Voyage) -> None:
    texts = [f"clause number {'abcdefghij'[place % 10]} {place}" for place in range(300)]
    vectors = embed(texts, **LAW)
    sizes = [len(request["body"]["input"]) for request in voyage.requests]
    assert (sizes, vectors) == ([128, 128, 44], [stand_in.vector_of(text, 1024) for text in texts])


def test_long_texts_are_fewer_to_a_request(embed: Embed, voyage: Voyage) -> None:
    embed(["word " * 40_000] * 3, **LAW)
    assert [len(request["body"]["input"]) for request in voyage.requests] == [1, 1, 1]


def test_another_dimension_is_asked_for(embed: Embed, voyage: Voyage) -> None:
    [vector] = embed(["a"], provider="voyage", dimension=256)
    assert (len(vector), voyage.requests[0]["body"]["output_dimension"]) == (256, 256)


def test_what_passes_is_tried_again(embed: Embed, voyage: Voyage) -> None:
    voyage.answer(429, {"detail": "slow down"}, Retry_After="0")
    voyage.answer(503, b"upstream")
    assert (len(embed(["a"], **LAW)), len(voyage.requests)) == (1, 3)


def test_a_wait_that_is_too_long_is_told_instead_of_waited_for(embed: Embed, voyage: Voyage) -> None:
    voyage.answer(429, {"detail": "You have exceeded your rate limit."}, Retry_After="60")
    with pytest.raises(errors.ProviderRateLimited, match="rate limit") as caught:
        embed(["a"], **LAW)
    assert (caught.value.retry_after_seconds, len(voyage.requests)) == (60, 1)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"detail": "The batch has too many tokens."}, errors.ProviderRejected),
        (404, {"message": "no such thing"}, errors.ProviderRejected),
        (403, {"detail": KEY}, errors.ProviderUnauthorized),
        (302, b"", errors.ProviderFailed),
        (200, b"not json", errors.ProviderFailed),
        (200, [1], errors.ProviderFailed),
        (200, {"object": "list"}, errors.ProviderFailed),
        (200, {"data": []}, errors.ProviderFailed),
        (200, {"data": [{"index": 0, "embedding": []}]}, errors.ProviderFailed),
        (200, {"data": [{"index": 0, "embedding": None}]}, errors.ProviderFailed),
    ],
)
def test_each_answer_that_is_no_vector_has_its_error(
    embed: Embed, voyage: Voyage, status: int, body: object, error: type[PinehookError]
) -> None:
    voyage.answer(status, body, count=3)
    with pytest.raises(error) as caught:
        embed(["a"], **LAW)
    assert KEY not in caught.value.detail


def test_a_server_that_keeps_failing_is_told_after_three_attempts(embed: Embed, voyage: Voyage) -> None:
    voyage.answer(500, {"error": {"message": "engine on fire"}}, count=5)
    with pytest.raises(errors.ProviderFailed, match="engine on fire"):
        embed(["a"], **LAW)
    assert len(voyage.requests) == 3


def test_a_wrong_key_is_said_without_repeating_it(
    embed: Embed, voyage: Voyage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINEHOOK_VOYAGE_API_KEY", "pa-wrong")
    with pytest.raises(errors.ProviderUnauthorized) as caught:
        embed(["a"], **LAW)
    assert ("pa-wrong" in caught.value.detail, len(voyage.requests)) == (False, 1)


def test_a_model_that_does_not_exist_is_told(embed: Embed, voyage: Voyage) -> None:
    assert voyage.requests == []
    with pytest.raises(errors.ProviderRejected, match="voyage-none is not supported"):
        embed(["a"], provider="voyage", model="voyage-none")


def test_a_server_that_is_not_there_is_unreachable(embed: Embed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINEHOOK_VOYAGE_API_KEY", KEY)
    monkeypatch.setenv("PINEHOOK_VOYAGE_URL", "http://127.0.0.1:1/v1")
    with pytest.raises(errors.ProviderUnreachable):
        embed(["a"], **LAW)
