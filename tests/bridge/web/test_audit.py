from __future__ import annotations

import httpx

from tests.bridge.web.conftest import Web
from tests.receiver import Receiver


def test_the_audit_is_listed_newest_first_and_by_what_it_was_done_to(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    endpoint = client.post("/v1/endpoints", json={"url": receiver.url}).json()["id"]
    client.patch(f"/v1/endpoints/{endpoint}", json={"description": "x"})
    limited = web.client("admin", connection_ids=[client.get("/v1/connections").json()["data"][0]["id"]])
    whole = client.get("/v1/audit").json()["data"]
    of_it = client.get("/v1/audit", params={"subject": endpoint, "limit": 1}).json()
    next_page = client.get("/v1/audit", params={"subject": endpoint, "cursor": of_it["next_cursor"]}).json()
    told = [row["verb"] for row in whole if row["subject"] == endpoint]
    assert told == ["endpoint.update", "endpoint.create"]
    assert (of_it["data"][0]["verb"], [row["verb"] for row in next_page["data"]]) == (
        "endpoint.update",
        ["endpoint.create"],
    )
    assert (of_it["data"][0]["remote"], limited.get("/v1/audit").json()["data"]) == ("127.0.0.1", [])
