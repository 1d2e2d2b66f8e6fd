"""Worlds of faults: real workers that can be killed, over a database that the test looks into."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bridge.conftest import Owing, owing
from tests.conftest import SECRET_KEY
from tests.faults.ledger import Ledger
from tests.receiver import Received, Receiver
from tests.stories.processes import own_environment, process

__all__ = ["owing"]


class Workers:
    """Starts processes of the bridge on the database of `owing`, and stops, halts or kills them."""

    def __init__(self, owing: Owing, folder: Path, stack: ExitStack) -> None:
        settings = owing.runtime.settings
        assert settings.database_url is not None
        self.environment = own_environment(
            DATABASE_URL=settings.database_url.get_secret_value(),
            PINEHOOK_CALLS_PER_MINUTE="1000000",
            PINEHOOK_DATA_DIR=str(folder),
            PINEHOOK_DELIVERIES_PER_SECOND="0",
            PINEHOOK_DELIVERY_TIMEOUT_SECONDS="5",
            PINEHOOK_EMULATOR_URL=settings.emulator_url,
            PINEHOOK_EMULATOR_API_KEY=settings.emulator_api_key.get_secret_value(),
            PINEHOOK_ENV="development",
            PINEHOOK_POLL_FAST_SECONDS="1",
            PINEHOOK_POLL_SECONDS="1",
            PINEHOOK_SECRET_KEY=SECRET_KEY,
        )
        self.log = folder / "worker.log"
        self._stack = stack

    def start(self) -> subprocess.Popen[bytes]:
        run = [sys.executable, "-m", "bridge", "work"]
        return self._stack.enter_context(process(run, self.environment, self.log))

    @staticmethod
    def kill(worker: subprocess.Popen[bytes]) -> None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


@pytest.fixture
def workers(owing: Owing, tmp_path: Path) -> Iterator[Workers]:
    with ExitStack() as stack:
        yield Workers(owing, tmp_path, stack)


@pytest.fixture
def ledger(owing: Owing, receiver: Receiver) -> Ledger:
    owing.endpoint(receiver.url, "index.ready", "index.created")
    return Ledger(owing, receiver)


def on_arrival(receiver: Receiver, number: int, do: Callable[[], object]) -> None:
    """Let something happen when so many messages have arrived, before the last of them is answered."""
    accept = receiver.accept

    def accepting(request: Received) -> tuple[int, bytes]:
        status = accept(request)
        if len(receiver.received) == number:
            do()
        return status

    receiver.accept = accepting
