"""Real processes for stories: the whole house as `make run` starts it, on free ports and a data directory of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parent.parent.parent
READY_SECONDS = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def own_environment(**more: str) -> dict[str, str]:
    """The environment without settings of the person who runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PINEHOOK_", "PINECONE_")) and name not in ("DATABASE_URL", "PORT")
    }
    path = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "PYTHONUNBUFFERED": "1", **more}


@contextmanager
def process(
    arguments: list[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process for a block, its output in a file; end it and all it started by SIGINT, as Ctrl-C does."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            arguments,
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield child
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGINT)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_until_ready(url: str, child: subprocess.Popen[bytes], log: Path, path: str = "/readyz") -> None:
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        assert child.poll() is None, f"it ended: {log.read_text()[-4000:]}"
        try:
            if httpx.get(f"{url}{path}", timeout=2, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not ready after {READY_SECONDS} s: {log.read_text()[-4000:]}")


def wait_until_greeted(child: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for what a person who starts it waits for."""
    until = time.monotonic() + READY_SECONDS
    while "Pinehook is ready at" not in log.read_text():
        assert child.poll() is None, f"it ended: {log.read_text()[-4000:]}"
        assert time.monotonic() < until, f"not ready after {READY_SECONDS} s: {log.read_text()[-4000:]}"
        time.sleep(0.05)


@dataclass(frozen=True)
class House:
    """A running house: its API, a client with a key of all scopes, its emulator, and where it keeps its things."""

    url: str
    api: httpx.Client
    emulator_url: str
    data: Path
    log: Path


@contextmanager
def whole_house(data: Path, **environment: str) -> Iterator[House]:
    """Emulator, web and worker by `python -m bridge dev`, ready."""
    port, log = free_port(), data / "dev.log"
    url, emulator_url = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{free_port()}"
    chosen = own_environment(
        PORT=str(port),
        PINEHOOK_DATA_DIR=str(data),
        PINEHOOK_EMULATOR_URL=emulator_url,
        **environment,
    )
    log.unlink(missing_ok=True)
    with process([sys.executable, "-m", "bridge", "dev"], chosen, log) as child:
        wait_until_greeted(child, log)
        key = (data / "development.key").read_text().strip()
        headers = {"authorization": f"Bearer {key}"}
        with httpx.Client(base_url=url, headers=headers, timeout=30, trust_env=False) as api:
            yield House(url, api, emulator_url, data, log)


def wait_for_an_event(house: House, event_type: str, **data: Any) -> Any:
    """Wait until the bridge has an event of this type, whose top-level values are these; return the newest."""
    for _ in range(300):
        answer = house.api.get("/v1/events", params={"type": event_type, "limit": 20})
        assert answer.status_code == httpx.codes.OK
        for event in answer.json()["data"]:
            if all(event[name] == value for name, value in data.items()):
                return event
        time.sleep(0.1)
    raise AssertionError(f"no {event_type}: {house.log.read_text()[-3000:]}")
