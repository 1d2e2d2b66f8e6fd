"""`work`: the worker process."""

from __future__ import annotations

import signal
import threading

import click

from bridge import affinity, connecting, logs, worker
from bridge.config import Settings
from bridge.runtime import running


@click.command()
def command() -> None:
    """Poll what is due and deliver what is owed, until SIGTERM or Ctrl-C."""
    settings = Settings.from_env()
    logs.configure(settings)
    if settings.cpu_affinity:
        affinity.take_core()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with running(settings) as runtime:
        connecting.ensure_default(runtime)
        worker.work(runtime, stop)
