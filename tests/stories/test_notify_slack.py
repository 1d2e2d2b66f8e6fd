"""An index turning Ready is a message in a Slack channel, though web and worker are killed as it arrives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_sdk.models.blocks import Block

from bridge import vault
from pinecone_emulator import Emulator
from tests.receiver import Received, Receiver
from tests.stories.processes import ROOT, free_port, own_environment, process, wait_until_ready

AGAIN_SECONDS = 60
"""How long a lease may take to run out, and a worker to find it."""
RUN = [sys.executable, "-m", "bridge"]
WEB = [sys.executable, "-m", "granian", "--interface", "wsgi", "--blocking-threads", "4", "app:app"]


class Processes:
    """Web and worker as two processes on one data directory, which can be killed."""

    def __init__(self, stack: ExitStack, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        self._stack = stack
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        web = [*WEB, "--port", self.environment["PORT"]]
        self._running = [
            self._stack.enter_context(process(command, self.environment, self.log))
            for command in (web, [*RUN, "work"])
        ]
        wait_until_ready(f"http://127.0.0.1:{self.environment['PORT']}", self._running[0], self.log)

    def kill(self) -> None:
        for child in self._running:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def run(self, *arguments: str) -> str:
        run = [*RUN, *arguments]
        ran = subprocess.run(
            run, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True, timeout=60
        )
        return ran.stdout.strip()


@pytest.fixture
def processes(pinecone_emulator: Emulator, tmp_path: Path) -> Any:
    environment = own_environment(
        PORT=str(free_port()),
        PINEHOOK_ENV="development",
        PINEHOOK_DATA_DIR=str(tmp_path / "var"),
        PINEHOOK_SECRET_KEY=vault.make_key(),
        PINEHOOK_EMULATOR_URL=pinecone_emulator.url,
        PINEHOOK_EMULATOR_API_KEY=pinecone_emulator.api_key,
        PINEHOOK_DELIVERY_TIMEOUT_SECONDS="2",
        PINEHOOK_POLL_SECONDS="1",
        PINEHOOK_POLL_FAST_SECONDS="1",
        PINEHOOK_PUBLIC_URL="https://bridge.example",
    )
    with ExitStack() as stack:
        yield Processes(stack, environment, tmp_path / "processes.log")


def killing_at_the_first(receiver: Receiver, processes: Processes) -> threading.Event:
    """Have everything killed when the first message arrives, before it is answered; return when that is done."""
    accept, dead = receiver.accept, threading.Event()

    def accepting(request: Received) -> tuple[int, bytes]:
        answer = accept(request)
        if len(receiver.received) == 1:
            processes.kill()
            dead.set()
        return answer

    receiver.accept = accepting  # type: ignore[method-assign]
    return dead


@pytest.mark.slow
def test_an_index_turning_ready_is_told_in_slack_though_everything_is_killed(
    processes: Processes, pinecone_emulator: Emulator, receiver: Receiver
) -> None:
    receiver.answers = [(200, "ok")]
    dead = killing_at_the_first(receiver, processes)
    processes.run("migrate")
    key = processes.run("keys", "create", "--name", "t", "--scope", "read", "--scope", "write")
    processes.start()
    base = f"http://127.0.0.1:{processes.environment['PORT']}"
    headers = {"authorization": f"Bearer {key}"}
    slack = receiver.url.replace("/hook", "/services/T000/B000/XXXXXXXX")
    with httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False) as api:
        wanted = {"url": slack, "event_types": ["index.ready"], "format": "slack"}
        assert api.post("/v1/endpoints", json=wanted).status_code == 201
        turn_ready(api, pinecone_emulator, "docs")
        assert dead.wait(AGAIN_SECONDS), processes.log.read_text()
        processes.start()
        first, again = receiver.wait_for(lambda got: len(got) == 2, seconds=AGAIN_SECONDS)[:2]
        turn_ready(api, pinecone_emulator, "more")
        last = receiver.wait_for(lambda got: len(got) == 3, seconds=AGAIN_SECONDS)[2]
        ready = api.get("/v1/events", params={"type": "index.ready"}).json()["data"]
    assert (first.body, first.headers["webhook-id"]) == (again.body, again.headers["webhook-id"])
    assert [event["key"] for event in ready] == ["more", "docs"], processes.log.read_text()
    assert [one.headers["webhook-id"] for one in (last, first)] == [event["id"] for event in ready]
    assert [one.json["text"] for one in (first, last)] == ["Index Ready: docs", "Index Ready: more"]
    for block in Block.parse_all(first.json["blocks"]):
        block.validate_json()
    link = f"https://bridge.example/v1/resources/{ready[1]['resource']}"
    assert f"<{link}|Open>" in first.json["blocks"][-1]["elements"][0]["text"]


def turn_ready(api: httpx.Client, emulator: Emulator, name: str) -> None:
    """Make an index, and let Pinecone's time go on once the bridge has seen it in the making."""
    index = {"name": name, "dimension": 3, "cloud": "aws", "region": "us-east-1"}
    assert api.post("/v1/actions/create_index", json=index).status_code == 200
    emulator.control.advance(60)
