from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import pytest

from bridge.config import Settings
from tests.bridge.web.conftest import Web
from tests.bridge.web.test_nouns import event, happen, ids


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"web_threads": 4})


def test_events_are_pulled_in_their_order(web: Web, client: httpx.Client) -> None:
    made = happen(web, *(event(number, None) for number in range(3)))
    first = client.get("/v1/events?after=start&limit=2")
    second = client.get(f"/v1/events?after={first.json()['next_cursor']}")
    assert [ids(first), ids(second)] == [made[:2], made[2:]]


def test_those_who_wait_leave_half_of_the_threads_to_others(web: Web, client: httpx.Client) -> None:
    cursor = client.get("/v1/events?after=now").json()["next_cursor"]
    clients = [web.client() for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(each.get, f"/v1/events?after={cursor}&wait=20") for each in clients]
        refused = next(as_completed(asked, timeout=15)).result()
        without = client.get(f"/v1/events?after={cursor}")
        made = happen(web, event(1, None))
        answers = [each.result() for each in asked]
    assert (refused.status_code, refused.json()["code"], refused.headers["Retry-After"]) == (
        503, "too_many_waiting", "5")  # fmt: skip
    told = [ids(answer) for answer in answers if answer.status_code == 200]
    assert (without.status_code, told) == (200, [made, made])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("query", ["wait=1", "after=e99", "after=start&cursor=abc", "after=now&wait=31"])
def test_what_makes_no_sense_is_refused(client: httpx.Client, query: str) -> None:
    assert client.get(f"/v1/events?{query}").json()["code"] == "bad_request"
