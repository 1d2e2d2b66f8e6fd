"""What is sent again by hand, over the API."""

from __future__ import annotations

import httpx

from bridge import delivering
from tests.bridge.conftest import Owing
from tests.bridge.web.conftest import Web
from tests.receiver import Receiver


def test_what_failed_is_requeued_and_nothing_goes_where_nothing_can_be_sent(
    web: Web, client: httpx.Client, receiver: Receiver
) -> None:
    receiver.answers = [500, 410]
    made = client.post("/v1/endpoints", json={"url": receiver.url, "retry_seconds": []}).json()["id"]
    owing = Owing(web.runtime)
    owing.happen(1)
    delivering.deliver_due(web.runtime)
    counted, requeued = (
        client.post("/v1/deliveries/requeue", json={"endpoint": made, "dry_run": dry}).json()
        for dry in (True, False)
    )
    delivering.deliver_due(web.runtime)  # 410: disabled by that
    resend = f"/v1/deliveries/{owing.deliveries()[0].id}/resend"
    disabled = client.post(resend), client.post("/v1/deliveries/requeue", json={"endpoint": made})
    client.delete(f"/v1/endpoints/{made}")
    removed = client.post(resend)
    assert (counted["count"], requeued["count"], requeued["more"]) == (1, 1, False)
    assert [(answer.status_code, answer.json()["code"]) for answer in (*disabled, removed)] == [
        (409, "endpoint_disabled"),
        (409, "endpoint_disabled"),
        (409, "endpoint_removed"),
    ]
