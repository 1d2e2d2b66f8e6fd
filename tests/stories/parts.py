"""A house in parts: emulator, web and worker are processes of their own, so that web and worker can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.stories.processes import free_port, own_environment, process, wait_until_ready

BRIDGE = [sys.executable, "-m", "bridge"]


@dataclass
class Parts:
    """Starts and kills web and worker; what they keep lies in `data`, and the emulator lives through it all."""

    url: str
    key: str
    api: httpx.Client
    data: Path
    environment: dict[str, str]
    stack: ExitStack
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start web and worker, and wait until both are at work."""
        web = ["granian", "--interface", "wsgi", "--port", self.environment["PORT"], "--log-level", "error"]
        for name, line in {"web": [*web, "app:app"], "worker": [*BRIDGE, "work"]}.items():
            log = self.data / f"{name}.log"
            self.running[name] = self.stack.enter_context(process(line, self.environment, log))
        wait_until_ready(self.url, self.running["web"], self.data / "web.log")

    def kill(self) -> None:
        """End web and worker by SIGKILL, with all that they started."""
        for child in self.running.values():
            os.killpg(child.pid, signal.SIGKILL)
        for child in self.running.values():
            child.wait()


@contextmanager
def house_in_parts(data: Path, **settings: str) -> Iterator[Parts]:
    """Emulator, web and worker, ready, with a key of all scopes."""
    port, emulator = free_port(), free_port()
    environment = own_environment(
        PINEHOOK_ENV="development",
        PORT=str(port),
        PINEHOOK_DATA_DIR=str(data),
        PINEHOOK_EMULATOR_URL=f"http://127.0.0.1:{emulator}",
        **settings,
    )
    scopes = [f"--scope={name}" for name in ("read", "write", "delete", "admin")]
    with ExitStack() as stack:
        place = ["--host", "127.0.0.1", "--port", str(emulator), "--data-dir", str(data)]
        line = [sys.executable, "-m", "pinecone_emulator", *place]
        stack.enter_context(process(line, environment, data / "emulator.log"))
        subprocess.run([*BRIDGE, "migrate"], env=environment, check=True, capture_output=True, timeout=60)
        create = [*BRIDGE, "keys", "create", "--name", "story", *scopes]
        made = subprocess.run(create, env=environment, check=True, capture_output=True, text=True, timeout=60)
        key, url = made.stdout.strip(), f"http://127.0.0.1:{port}"
        headers = {"authorization": f"Bearer {key}"}
        api = stack.enter_context(httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False))
        parts = Parts(url, key, api, data, environment, stack)
        parts.start()
        yield parts
