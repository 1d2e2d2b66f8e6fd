"""The door as it is served in production: granian, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from bridge import keys
from bridge.config import Settings
from bridge.registry import ROOT
from bridge.runtime import Runtime

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
MEGABYTE = 1_000_000


@dataclass
class Served:
    process: psutil.Popen
    client: httpx.Client

    def megabytes(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(member.memory_info().rss for member in family) / MEGABYTE


def environment(settings: Settings, tmp_path: Path) -> dict[str, str]:
    assert settings.database_url
    assert settings.secret_key
    return os.environ | {
        "PINEHOOK_ENV": "production",
        "PINEHOOK_DATA_DIR": str(tmp_path),
        "PINEHOOK_SECRET_KEY": settings.secret_key.get_secret_value(),
        "DATABASE_URL": settings.database_url.get_secret_value(),
    }


@pytest.fixture
def served(runtime: Runtime, tmp_path: Path) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = ["granian", "--interface", "wsgi", "--port", str(port), "--blocking-threads", "4", "app:app"]
    _, key = keys.create(runtime, name="test", scopes=["read", "write"])
    with (
        (tmp_path / "log").open("w") as log,
        psutil.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment(runtime.settings, tmp_path),
            stdout=log, stderr=log,
        ) as process,
        httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key}"}, verify=False
        ) as client,
    ):  # fmt: skip
        deadline = time.monotonic() + 60
        while not answers(client):
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        yield Served(process, client)
        process.terminate()
        assert process.wait(30) == 0


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == httpx.codes.OK
    except httpx.TransportError:
        return False


def test_100_megabytes_are_refused_without_being_held_in_memory(served: Served) -> None:
    sent = {"headers": {"Content-Type": "application/json"}}
    before = served.megabytes()
    told = [
        served.client.post("/v1/actions/upsert_vectors", content=content, **sent).json()["code"]
        for content in (b" " * 100 * MEGABYTE, (b" " * MEGABYTE for _ in range(100)))
    ]
    # What does not say how long it is must be read up to the limit of 64 MiB; what does, not at all.
    assert (told, served.megabytes() - before < 90) == (["body_too_large"] * 2, True)
    assert served.client.get("/v1/me").json()["name"] == "test"


def test_a_whole_body_arrives_in_however_many_pieces(served: Served) -> None:
    body = [b'{"index": "a", "vectors": [', b" " * 3 * MEGABYTE, b"1]}"]
    answer = served.client.post(
        "/v1/actions/upsert_vectors", content=iter(body), headers={"Content-Type": "application/json"}
    )
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/vectors/0"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"PINEHOOK_SECRET_KEY": ""}, "Error: PINEHOOK_SECRET_KEY is not set; make one with:"),
        ({"PINEHOOK_WEB_THREADS": "many"}, "PINEHOOK_WEB_THREADS: Input should be a valid integer"),
    ],
)
def test_what_was_set_up_wrongly_is_told_in_a_sentence(
    settings: Settings, tmp_path: Path, wrong: dict[str, str], told: str
) -> None:
    command = [sys.executable, "-c", "import app"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(settings, tmp_path) | wrong,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, told in done.stderr, "Traceback" in done.stderr) == (1, True, False)
