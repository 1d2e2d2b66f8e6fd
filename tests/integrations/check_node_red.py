"""The flow in a real Node-RED: it takes an event, does an action, and lets nothing else through (make check-clients)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.stories.processes import ROOT, House, free_port, own_environment, process, whole_house

PROGRAM = ROOT / "tests/integrations/clients/node-red/node_modules/node-red/red.js"
FLOW = ROOT / "integrations/node-red/flow.json"
SECRET = "whsec_bm9kZS1yZWQgaXMgY2hlY2tlZCB3aXRoIHRoaXM="
SECONDS = 120

if not PROGRAM.exists():
    pytest.skip("Node-RED is not installed: make check-clients", allow_module_level=True)


@dataclass(frozen=True)
class NodeRed:
    """A running Node-RED with the flow, subscribed to everything of a house."""

    url: str
    house: House
    log: Path

    def until(self, what: Callable[[], Any]) -> Any:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            if found := what():
                return found
            time.sleep(0.1)
        raise AssertionError(f"nothing after {SECONDS} s: {self.log.read_text()[-3000:]}")

    def send(self, event: dict[str, Any], message: str, **changed: str) -> int:
        """Send a signed event as Pinehook does; changed: headers that are another."""
        body, now = json.dumps(event), datetime.now(UTC)
        signed = {
            "webhook-id": message,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(SECRET).sign(message, now, body),
        }
        headers = {**signed, "content-type": "application/json", **changed}
        return httpx.post(
            f"{self.url}/pinehook", content=body, headers=headers, timeout=30, trust_env=False
        ).status_code

    def tags(self, index: str) -> Any:
        answer = self.house.api.post("/v1/actions/describe_index", json={"index": index})
        return answer.json()["tags"]

    def create_index(self, name: str) -> None:
        answer = self.house.api.post("/v1/actions/create_index", json={"name": name, "dimension": 3})
        assert answer.is_success, answer.text


@pytest.fixture(scope="module", params=["at once", "in the background"])
def red(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeRed]:
    """In the background: Pinehook answers as it does to what takes longer than 20 s, with 202 and the run."""
    home, port = tmp_path_factory.mktemp("node-red"), free_port()
    url, log = f"http://127.0.0.1:{port}", home / "node-red.log"
    wish = "'content-type': 'application/json'"
    background = f"{wish}, prefer: 'respond-async'" if request.param == "in the background" else wish
    (home / "flow.json").write_text(FLOW.read_text().replace(wish, background))
    with whole_house(tmp_path_factory.mktemp("house")) as house:
        key = house.api.headers["authorization"].removeprefix("Bearer ")
        given = {"PINEHOOK_URL": house.url, "PINEHOOK_API_KEY": key, "PINEHOOK_WEBHOOK_SECRET": SECRET}
        command = [
            "node",
            str(PROGRAM),
            "-u",
            str(home),
            "-p",
            str(port),
            "-D",
            "uiHost=127.0.0.1",
            "flow.json",
        ]
        log.touch()
        with process(command, {**own_environment(), **given}, log) as child:
            started = NodeRed(url, house, log)
            started.until(lambda: child.poll() is None and "Started flows" in log.read_text())
            wanted = {"url": f"{url}/pinehook", "event_types": ["*"], "secret": SECRET}
            assert house.api.post("/v1/endpoints", json=wanted).status_code == 201
            yield started


def test_an_index_that_is_ready_is_tagged(red: NodeRed) -> None:
    red.create_index("noted")
    assert red.until(lambda: red.tags("noted")) == {"seen_by": "node-red"}
    states = {one["state"] for one in red.house.api.get("/v1/deliveries").json()["data"]}
    assert states <= {"pending", "sending", "succeeded"}


def test_what_is_not_signed_or_late_is_refused_and_does_nothing(red: NodeRed) -> None:
    ready = {"type": "index.ready", "id": "evt_forged", "key": "nowhere-forged"}
    old = str(int(time.time()) - 600)
    refused = [
        red.send(ready, "evt_forged", **{"webhook-signature": "v1,AAAA"}),
        red.send(ready, "evt_forged", **{"webhook-timestamp": old}),
        red.send(ready, "evt_forged", **{"webhook-id": "evt_other"}),
        httpx.post(f"{red.url}/pinehook", json=ready, trust_env=False).status_code,
    ]
    assert (refused, "nowhere-forged" in red.log.read_text()) == ([401] * 4, False)


def test_what_comes_twice_is_done_once_and_a_refusal_is_caught(red: NodeRed) -> None:
    ready = {"type": "index.ready", "id": "evt_twice", "key": "nowhere-twice"}
    assert [red.send(ready, "evt_twice"), red.send(ready, "evt_twice")] == [204, 204]
    red.until(lambda: "nowhere-twice" in red.log.read_text())
    last = {"type": "index.ready", "id": "evt_last", "key": "nowhere-last"}
    assert red.send(last, "evt_last") == 204
    red.until(lambda: "nowhere-last" in red.log.read_text())
    assert red.log.read_text().count("nowhere-twice") == 1
