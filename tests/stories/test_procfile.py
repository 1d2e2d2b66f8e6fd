"""The Procfile as a platform runs it: release, then web and worker by honcho, on PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from bridge import vault
from pinecone_emulator import Emulator
from tests.receiver import Receiver
from tests.stories.processes import ROOT, free_port, own_environment, process, wait_until_ready


@pytest.mark.slow
def test_a_trigger_and_an_action_work_through_the_procfile_on_postgresql(
    postgres_url: str, pinecone_emulator: Emulator, receiver: Receiver, tmp_path: Path
) -> None:
    port, log = free_port(), tmp_path / "honcho.log"
    environment = own_environment(
        DATABASE_URL=postgres_url,
        PORT=str(port),
        PINEHOOK_HOST="127.0.0.1",
        PINEHOOK_DATA_DIR=str(tmp_path / "var"),
        PINEHOOK_SECRET_KEY=vault.make_key(),
        PINEHOOK_ALLOW_TARGETS="127.0.0.1",
        PINEHOOK_EMULATOR_URL=pinecone_emulator.url,
        PINEHOOK_POLL_SECONDS="1",
    )
    honcho = [sys.executable, "-m", "honcho", "-f", str(ROOT / "Procfile")]
    run = [sys.executable, "-m", "bridge"]
    subprocess.run([*honcho, "run", *run, "migrate"], cwd=ROOT, env=environment, check=True, timeout=60)
    create = [*run, "keys", "create", "--name", "t", "--scope", "read", "--scope", "write"]
    key = subprocess.run(create, cwd=ROOT, env=environment, check=True, capture_output=True, text=True).stdout
    url = f"http://127.0.0.1:{port}"
    with process([*honcho, "start", "web", "worker"], environment, log) as child:
        wait_until_ready(url, child, log)
        headers = {"authorization": f"Bearer {key.strip()}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as api:
            wanted = {"url": receiver.url, "event_types": ["index.created"]}
            secret = api.post("/v1/endpoints", json=wanted).json()["secret"]
            index = {"name": "docs", "dimension": 3, "cloud": "aws", "region": "us-east-1"}
            made = api.post("/v1/actions/create_index", json=index)
            got = receiver.wait_for_type("index.created", key="docs")
    event = Webhook(secret).verify(got.body, got.headers)
    assert (made.status_code, event["key"], event["data"]["dimension"]) == (200, "docs", 3), log.read_text()
