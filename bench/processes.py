"""The real processes that are measured: the emulator, and the bridge as its Procfile starts it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from honcho.environ import parse_procfile
from pinecone import Index, Pinecone

from bridge import keys, vault
from bridge.config import Settings
from bridge.runtime import running
from tests.stories.processes import ROOT, free_port, own_environment, process, wait_until_ready

AS_INSTALLED = str(ROOT / "bench/as_installed")
"""On the path of measured processes: what `make run` does not install is not there for them."""
KEY = "pckey_emulator_development"
START_SECONDS = 60


class Caller:
    """A client that costs next to nothing: one kept connection of the standard library."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._port = port
        self._headers = headers

    def another(self) -> Caller:
        """Return a client with the same headers and a connection of its own."""
        return Caller(self._port, self._headers)

    def ask(
        self, method: str, path: str, body: bytes | None = None, more: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send a request, with more headers, and return the status and the body of the answer."""
        self._connection.request(method, path, body, {**self._headers, **(more or {})})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def act(self, action: str, body: bytes) -> bytes:
        """Run an action; return its output. Raises AssertionError when it is refused."""
        status, answer = self.ask("POST", f"/v1/actions/{action}", body)
        assert status == 200, answer[:2000]
        return answer

    def close(self) -> None:
        """Hang up."""
        self._connection.close()


@dataclass(frozen=True)
class EmulatorProcess:
    """A running emulator; start_seconds: from its start to its first answer."""

    url: str
    pid: int
    start_seconds: float

    def client(self) -> Pinecone:
        """Return a client of the SDK's for it; whoever asks closes it."""
        return Pinecone(api_key=KEY, host=self.url)


@dataclass(frozen=True)
class House:
    """The bridge's processes with an emulator behind them, ready; `caller` has a key of all scopes."""

    web: int
    worker: int
    caller: Caller
    emulator: EmulatorProcess


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="pinehook-bench-") as path:
        yield Path(path)


@contextmanager
def emulator(data: Path, index_seconds: float = 0) -> Iterator[EmulatorProcess]:
    """Run an emulator on a data directory, durable; what is created there is ready after so many seconds."""
    port = free_port()
    options = ["--port", str(port), "--data-dir", str(data), "--index-seconds", str(index_seconds)]
    began = time.monotonic()
    log = data / "emulator.log"
    with process([sys.executable, "-m", "pinecone_emulator", *options], own_environment(), log) as child:
        _wait_until_it_answers(port, began, child, log)
        yield EmulatorProcess(f"http://127.0.0.1:{port}", child.pid, time.monotonic() - began)


@contextmanager
def house(data: Path, **more: str) -> Iterator[House]:
    """Run an emulator, web and worker as the Procfile says, on SQLite and with the settings of production.

    more: of the environment.
    """
    with emulator(data) as pinecone, ExitStack() as processes:
        port = free_port()
        environment = settings_for(data, pinecone.url, PINEHOOK_HOST="127.0.0.1", PORT=str(port), **more)
        release(environment)
        log = data / "house.log"
        web = processes.enter_context(of_procfile("web", environment, log))
        worker = processes.enter_context(of_procfile("worker", environment, log))
        wait_until_ready(f"http://127.0.0.1:{port}", web, log)
        headers = {"authorization": f"Bearer {_key(environment)}", "content-type": "application/json"}
        caller = Caller(port, headers)
        yield House(web.pid, worker.pid, caller, pinecone)
        caller.close()


def settings_for(data: Path, emulator_url: str, **more: str) -> dict[str, str]:
    """Return an environment in which the bridge keeps its things in `data` and talks to this emulator."""
    return own_environment(
        PINEHOOK_DATA_DIR=str(data),
        PINEHOOK_SECRET_KEY=vault.make_key(),
        PINEHOOK_EMULATOR_URL=emulator_url,
        PINEHOOK_ALLOW_TARGETS="127.0.0.0/8",
        PYTHONPATH=AS_INSTALLED,
        **more,
    )


def settings_of(environment: dict[str, str]) -> Settings:
    """Read the settings that a process with this environment has."""
    ours = {name.removeprefix("PINEHOOK_").lower(): value for name, value in environment.items()
            if name.startswith("PINEHOOK_")}  # fmt: skip
    return Settings(**ours, DATABASE_URL=environment.get("DATABASE_URL"))  # type: ignore[arg-type]  # they are parsed


def release(environment: dict[str, str]) -> None:
    """Do what the Procfile does before a release."""
    subprocess.run(_line("release"), cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def of_procfile(name: str, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one process of the Procfile for a block."""
    with process(_line(name), environment, log) as child:
        yield child


def new_index(pinecone: Pinecone, name: str, dimension: int) -> Index:
    """Create an index that is ready at once, and return its client."""
    pinecone.indexes.create(name=name, dimension=dimension, metric="cosine", timeout=-1)
    return pinecone.index(name=name)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _line(name: str) -> list[str]:
    lines = parse_procfile((ROOT / "Procfile").read_text()).processes
    return ["/bin/sh", "-c", f"exec {lines[name]}"]


def _key(environment: dict[str, str]) -> str:
    with running(settings_of(environment)) as runtime:
        return keys.create(runtime, name="bench", scopes=["read", "write", "delete", "admin"])[1]


def _wait_until_it_answers(port: int, began: float, child: subprocess.Popen[bytes], log: Path) -> None:
    while time.monotonic() < began + START_SECONDS:
        assert child.poll() is None, f"the emulator ended at once: {log.read_text()[-2000:]}"
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/indexes", headers={"Api-Key": KEY})
            connection.getresponse().read()
        except OSError:
            time.sleep(0.005)
        else:
            return
        finally:
            connection.close()
    raise AssertionError("the emulator did not answer")
