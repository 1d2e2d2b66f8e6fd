"""A Zap's life in Zapier's own runtime: subscribe, event, perform, callback, unsubscribe; web and worker killed in between."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from pinecone_emulator.settings import DEVELOPMENT_KEY
from tests.integrations.running import npm
from tests.receiver import Received, Receiver
from tests.stories.parts import Parts, house_in_parts
from tests.stories.processes import ROOT

APP = ROOT / "integrations/zapier"
TRIGGER = "triggers.index_created.operation"
CREATE = "creates.upsert_vectors.operation"
LONG_WAIT_SECONDS = 120
"""A delivery that was under way when its worker was killed waits for its lease to run out."""


def step(house: Parts, method: str, *, callback_url: str | None = None, **bundle: Any) -> Any:
    """Run a step in Zapier's runtime; return what it gave."""
    auth = {"url": house.url, "api_key": house.key}
    given = {"method": method, "bundle": {"authData": auth, "meta": {}, "inputData": {}, **bundle}}
    asked = orjson.dumps({**given, **({"callback_url": callback_url} if callback_url else {})})
    ran = subprocess.run(
        ["node", "test/step.js"], cwd=APP, input=asked, capture_output=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return orjson.loads(ran.stdout.splitlines()[-1])


def handed_on(message: Received) -> dict[str, Any]:
    """A message as hooks.zapier.com hands it on: raw, and with its headers named Http-…."""
    headers = {f"Http-{name.title()}": value for name, value in message.headers.items()}
    raw = {"content": message.body.decode(), "headers": headers, "method": "POST"}
    return {"rawRequest": raw, "cleanedRequest": message.json}


def at_pinecone(house: Parts, name: str) -> None:
    """Make an index without the bridge: whoever else uses the project."""
    body = {"name": name, "dimension": 3, "spec": {"serverless": {"cloud": "aws", "region": "us-east-1"}}}
    headers = {"Api-Key": DEVELOPMENT_KEY, "X-Pinecone-Api-Version": "2025-10"}
    url = f"{house.environment['PINEHOOK_EMULATOR_URL']}/indexes"
    httpx.post(url, json=body, headers=headers, trust_env=False).raise_for_status()


def killed_at_the_first(receiver: Receiver, house: Parts) -> None:
    """Kill web and worker when the first message has arrived, before it is answered."""
    accept = receiver.accept

    def accepting(message: Received) -> int:
        status = accept(message)
        if len(receiver.received) == 1:
            house.kill()
        return status

    receiver.accept = accepting


@pytest.mark.slow
def test_a_zap_is_told_of_everything_though_web_and_worker_are_killed(
    receiver: Receiver, tmp_path: Path
) -> None:
    npm("zapier", "zapier-platform-core", "zapier")
    settings = {"PINEHOOK_DELIVERY_TIMEOUT_SECONDS": "2", "PINEHOOK_POLL_SECONDS": "1"}
    with house_in_parts(tmp_path, **settings) as house:
        zap = {"targetUrl": receiver.url, "inputData": {"keys": ["zap-*"]}}
        subscribed = step(house, f"{TRIGGER}.performSubscribe", **zap)

        killed_at_the_first(receiver, house)
        house.api.post(
            "/v1/actions/create_index", json={"name": "zap-one", "dimension": 3}
        ).raise_for_status()
        receiver.wait_for(lambda all_of_them: len(all_of_them) == 1, seconds=LONG_WAIT_SECONDS)
        at_pinecone(house, "zap-two")
        house.start()

        def told_of_both(all_of_them: list[Received]) -> bool:
            return [message.json["key"] for message in all_of_them].count("zap-one") == 2 and any(
                message.json["key"] == "zap-two" for message in all_of_them
            )

        messages = receiver.wait_for(told_of_both, seconds=LONG_WAIT_SECONDS)
        events = [
            step(house, f"{TRIGGER}.perform", subscribeData=subscribed, **handed_on(message))[0]
            for message in messages
        ]

        vectors = {"index": "zap-one", "vectors": '[{"id": "a", "values": [1, 0, 0]}]', "background": True}
        begun = step(house, f"{CREATE}.perform", inputData=vectors, callback_url=receiver.url)
        house.kill()
        house.start()
        done = receiver.wait_for_type("run.succeeded")
        resumed = step(house, f"{CREATE}.performResume", outputData=begun, **handed_on(done))

        step(house, f"{TRIGGER}.performUnsubscribe", subscribeData=subscribed)
        step(house, f"{TRIGGER}.performUnsubscribe", subscribeData=subscribed)
        left = house.api.get(f"/v1/endpoints/{subscribed['id']}").status_code
    keys = [event["key"] for event in events]
    twice = {event["id"] for event in events if event["key"] == "zap-one"}
    assert (sorted({*keys}), len(twice)) == (["zap-one", "zap-two"], 1)
    assert (resumed["upserted_count"], left) == (1, 404)
