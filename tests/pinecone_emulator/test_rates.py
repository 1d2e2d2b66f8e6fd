"""The service's rate limits, which are off unless switched on."""

import httpx
import pytest

import pinecone_emulator
from pinecone_emulator.clock import Clock
from pinecone_emulator.errors import ResourceExhaustedError
from pinecone_emulator.rates import DELETED_RECORDS, QUERIES, READ_UNITS, Rates

SCHEMA = {"fields": {"_values": {"type": "dense_vector", "dimension": 2, "metric": "cosine"}}}


class Still(Clock):
    """A clock that only moves when told."""

    def now(self):
        return self.offset


@pytest.fixture
def clock():
    return Still(0.0)


def test_a_second_allows_so_much_to_each_namespace(clock):
    rates = Rates(clock)
    for namespace in ("", "other"):
        for _ in range(QUERIES.limit):
            rates.take("i", "movies", namespace, QUERIES)
        with pytest.raises(ResourceExhaustedError) as refused:
            rates.take("i", "movies", namespace, QUERIES)
        assert refused.value.message.startswith(
            "Request failed. You've reached the query QPS limit for namespace "
            f"{namespace or '__default__'} (100 QPS). Pace your queries, "
        )
    rates.take("another", "films", "", QUERIES)
    clock.advance(1)
    rates.take("i", "movies", "", QUERIES)


def test_amounts_are_counted_and_a_single_large_one_passes(clock):
    rates = Rates(clock)
    rates.take("i", "movies", "", DELETED_RECORDS, 9999)
    with pytest.raises(ResourceExhaustedError, match="records"):
        rates.take("i", "movies", "", DELETED_RECORDS, 1)
    rates.take("i", "movies", "", READ_UNITS, 2000)
    with pytest.raises(ResourceExhaustedError, match="index movies"):
        rates.take("i", "movies", "other", READ_UNITS, 1)


def test_switched_on_they_answer_429_and_off_they_never_do():
    answers = {}
    for on in (True, False):
        with (
            pinecone_emulator.start(rate_limits=on, index_seconds=0) as running,
            httpx.Client(base_url=running.url, headers={"Api-Key": running.api_key}) as http,
        ):
            newest = {"X-Pinecone-Api-Version": "2026-07"}
            host = http.post("/indexes", json={"name": "a", "schema": SCHEMA}, headers=newest).json()["host"]
            change = {"filter": {"a": 1}, "setMetadata": {"b": 2}}
            # Twice as many as a second allows, and one more, whenever the second may turn.
            answers[on] = [
                http.post(f"{host}/vectors/update", json=change, headers=newest) for _ in range(60)
            ]
    refused = [answer for answer in answers[True] if answer.status_code == 429]
    assert refused[0].json() == {
        "code": 8,
        "message": "Request failed. You've reached the update by metadata QPS limit for namespace __default__ "
        "(5 QPS). Pace your updates, and try again.",
        "details": [],
    }
    assert {answer.status_code for answer in answers[False]} == {200}
