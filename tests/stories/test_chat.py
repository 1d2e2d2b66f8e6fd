"""Slack asks, and the answer arrives at its response_url, whatever is killed in between: real processes, real HTTP."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from honcho.environ import parse_procfile
from slack_sdk.signature import SignatureVerifier
from sqlmodel import col, select, update

from bridge import accepting, clock, workspaces
from bridge.access import OPERATOR
from bridge.models import Run
from bridge.runtime import Runtime
from pinecone_emulator import Emulator
from tests.conftest import SECRET_KEY
from tests.receiver import Receiver
from tests.stories.processes import ROOT, free_port, own_environment, process, wait_until_ready

pytestmark = pytest.mark.slow
SIGNING_SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
NOTE = "A webhook is a message that a server sends when something happened."
WAIT_SECONDS = 90
LATENCY_SECONDS = 5


@dataclass
class Processes:
    """Web and worker as the Procfile starts them, to be killed and started again on the same port."""

    runtime: Runtime
    environment: dict[str, str]
    log: Path
    stack: ExitStack
    running: list[subprocess.Popen[bytes]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.environment['PORT']}"

    def start(self) -> None:
        lines = parse_procfile((ROOT / "Procfile").read_text()).processes
        for name in ("web", "worker"):
            command = ["/bin/sh", "-c", f"exec {lines[name]}"]
            self.running.append(self.stack.enter_context(process(command, self.environment, self.log)))
        wait_until_ready(self.url, self.running[-2], self.log)

    def kill(self) -> None:
        """Kill -9 them all, and let the lease of what they held run out."""
        for child in self.running:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.running.clear()
        run_out = clock.now() - timedelta(seconds=1)
        with self.runtime.database.write() as session:
            held = update(Run).where(col(Run.state) == "running")
            session.execute(held.values(lease_until=run_out))

    def slack(self, text: str, response_url: str) -> httpx.Response:
        form = {
            "team_id": "T1",
            "user_id": "U1",
            "user_name": "steve",
            "text": text,
            "response_url": response_url,
        }
        body, at = urlencode(form).encode(), str(int(time.time()))
        signature = SignatureVerifier(SIGNING_SECRET).generate_signature(timestamp=at, body=body)
        headers = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}
        path = f"{self.url}/v1/chat/slack/commands"
        return httpx.post(path, content=body, headers=headers, timeout=30, trust_env=False)

    def until(self, holds: Callable[[Run], bool]) -> Run:
        """Wait until the run that was asked for is as wanted."""
        limit = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < limit:
            with self.runtime.database.read() as session:
                runs = session.exec(select(Run).where(col(Run.actor) == "slack steve (U1)")).all()
            if runs and holds(runs[0]):
                return runs[0]
            time.sleep(0.05)
        raise AssertionError(f"it did not come to that: {self.log.read_text()[-4000:]}")


@pytest.fixture
def house(runtime: Runtime, pinecone_emulator: Emulator, tmp_path: Path) -> Iterator[Processes]:
    """An index with a note, a workspace of Slack's, web and worker."""
    embed = {"model": "llama-text-embed-v2", "field_map": {"text": "text"}}
    order = {"name": "notes", "cloud": "aws", "region": "us-east-1", "embed": embed}
    accepting.accept(runtime, OPERATOR, "create_index", order)
    pinecone_emulator.control.advance(60)
    records = {"index": "notes", "records": [{"_id": "n1", "text": NOTE, "source": "docs"}]}
    accepting.accept(runtime, OPERATOR, "upsert_records", records)
    workspaces.create(
        runtime, OPERATOR, platform="slack", external_id="T1", name="Acme", secret=SIGNING_SECRET, index="notes",
        commands=["search", "restore"], scopes=["read", "write"],
    )  # fmt: skip
    assert runtime.settings.database_url is not None
    environment = own_environment(
        DATABASE_URL=runtime.settings.database_url.get_secret_value(),
        PORT=str(free_port()),
        PINEHOOK_HOST="127.0.0.1",
        PINEHOOK_DATA_DIR=str(tmp_path / "var"),
        PINEHOOK_SECRET_KEY=SECRET_KEY,
        PINEHOOK_ALLOW_TARGETS="127.0.0.1",
        PINEHOOK_SLACK_HOSTS="127.0.0.1",
        PINEHOOK_EMULATOR_URL=pinecone_emulator.url,
        PINEHOOK_EMULATOR_API_KEY=pinecone_emulator.api_key,
    )
    with ExitStack() as stack:
        yield Processes(runtime, environment, tmp_path / "house.log", stack, [])


def path_of_index(runtime: Runtime) -> str:
    told = accepting.accept(runtime, OPERATOR, "describe_index", {"index": "notes"}).output
    assert told is not None
    return urlsplit(told["host"]).path


def posted(receiver: Receiver) -> list[Any]:
    arrived = receiver.wait_for(lambda all_of_them: len(all_of_them) > 0, seconds=WAIT_SECONDS)
    return [request.json["text"] for request in arrived]


def test_a_search_from_slack_is_answered_though_web_and_worker_are_killed_in_its_midst(
    house: Processes, receiver: Receiver, pinecone_emulator: Emulator
) -> None:
    house.start()
    pinecone_emulator.control.fault(f"{path_of_index(house.runtime)}/records", latency=LATENCY_SECONDS)
    began = time.monotonic()
    answer = house.slack("search what does a server send?", receiver.url)
    took = time.monotonic() - began
    house.until(lambda run: run.state == "running")
    house.kill()
    before = list(receiver.received)
    house.start()
    [text] = posted(receiver)
    run = house.until(lambda run: run.state == "succeeded")
    assert (answer.status_code, answer.json()["text"], before) == (200, "search: I am working on it.", [])
    assert took < LATENCY_SECONDS
    assert (text.startswith(f"1. {NOTE} (docs, 0."), run.attempt_count) == (True, 2)


def test_a_restore_asked_for_by_a_bot_reports_back_when_it_is_done(
    house: Processes, receiver: Receiver, pinecone_emulator: Emulator
) -> None:
    accepting.accept(house.runtime, OPERATOR, "create_backup", {"index": "notes"})
    pinecone_emulator.control.advance(60)
    pinecone_emulator.control.settings(restore_seconds=1000)
    house.start()
    answer = house.slack("restore as notes-again", receiver.url)
    house.until(lambda run: run.place is not None)
    house.kill()
    before = list(receiver.received)
    house.start()
    pinecone_emulator.control.advance(1000)
    [text] = posted(receiver)
    assert (answer.json()["text"], before) == ("restore: I am working on it.", [])
    assert text.startswith("The backup ")
    assert text.endswith(" was restored into the new index notes-again.")
    jobs = accepting.accept(house.runtime, OPERATOR, "list_restore_jobs", {}).output
    assert jobs is not None
    assert [(job["target_index_name"], job["status"]) for job in jobs["restore_jobs"]] == [
        ("notes-again", "Completed")
    ]
