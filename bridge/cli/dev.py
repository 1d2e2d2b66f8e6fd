"""`dev`: the emulator, the web process and the worker in one terminal, with first steps to paste."""

from __future__ import annotations

import fcntl
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import click
import orjson
from honcho.environ import parse_procfile
from honcho.manager import Manager

from bridge import connecting, keys, migrations
from bridge.access import OPERATOR, SCOPES
from bridge.config import Settings
from bridge.errors import Unauthorized
from bridge.registry import ROOT
from bridge.runtime import Runtime, running

READY_SECONDS: Final = 30
LOOK_SECONDS: Final = 15
"""How long the greeting waits for first looks: what is made elsewhere before them counts as there already."""
BY_SIGNAL: Final = (0, 130, 143)
FIRST_STEPS: Final = """
Pinehook is ready at {url}   (docs: README.md · API: {url}/openapi.json)
Development API key: {key}

Paste these:

  curl -s {url}/v1/actions/create_index -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
       -d '{{"name": "notes", "cloud": "aws", "region": "us-east-1", "embed": {{"model": "llama-text-embed-v2", "field_map": {{"text": "text"}}}}}}'

  # a few seconds later:
  curl -s {url}/v1/events -H 'Authorization: Bearer {key}'

  curl -s {url}/v1/actions/upsert_records -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\
       -d '{{"index": "notes", "records": [{{"_id": "1", "text": "Pine cones open when it is dry"}}, {{"_id": "2", "text": "Webhooks arrive signed"}}]}}'

Ctrl-C stops everything.
"""


@click.command()
def command() -> None:
    """Start everything on this machine for development; Ctrl-C stops it."""
    settings = Settings.for_development()
    emulator = urlsplit(settings.emulator_url) if settings.pinecone_api_key is None else None
    with _alone(settings):
        _refuse_busy("PORT", settings.host, settings.port)
        if emulator is not None:
            if emulator.port == settings.port:
                raise click.ClickException(
                    f"web process and emulator cannot both listen on {settings.port}: choose another PORT, or another "
                    f"by the setting PINEHOOK_EMULATOR_URL, for example: make run PORT={settings.port + 1}"
                )
            _refuse_busy("PINEHOOK_EMULATOR_URL", str(emulator.hostname), emulator.port or 80)
        with running(settings) as runtime:
            migrations.upgrade(runtime.database)
            connection_id = connecting.ensure_default(runtime).id
            key = _development_key(runtime)
        manager = Manager()
        for name, line in _processes(settings, emulator).items():
            manager.add_process(name, f"exec {line}", env=settings.environment(), cwd=str(ROOT))
        threading.Thread(target=_greet, args=(settings, key, connection_id), daemon=True).start()
        manager.loop()
    if manager.returncode not in BY_SIGNAL:
        click.echo("one of the processes ended, so all were stopped; its last lines above say why", err=True)
        sys.exit(manager.returncode or 1)


@contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """Hold the data directory: a second start would point the first one's connection at its own emulator."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (settings.data_dir / "dev.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise click.ClickException(
                f"another `make run` uses {settings.data_dir}: stop it, or let this one have a place and ports of its "
                "own: make run PINEHOOK_DATA_DIR=var2 PORT=8090 PINEHOOK_EMULATOR_URL=http://127.0.0.1:5090"
            ) from error
        yield


def _processes(settings: Settings, emulator: SplitResult | None) -> dict[str, str]:
    lines: dict[str, str] = dict(parse_procfile((ROOT / "Procfile").read_text()).processes)
    chosen = {name: lines[name] for name in ("web", "worker")}
    if emulator is None:
        return chosen
    where = f"--host {emulator.hostname} --port {emulator.port or 80} --data-dir {settings.data_dir}"
    return {"emulator": f"python -m pinecone_emulator {where}", **chosen}


def _refuse_busy(setting: str, host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"{host}:{port} cannot be used ({error.strerror}): stop what listens there, or choose another "
                f"by the setting {setting}, for example: make run {_example(setting, port)}"
            ) from error


def _example(setting: str, port: int) -> str:
    return f"PORT={port + 1}" if setting == "PORT" else f"{setting}=http://127.0.0.1:{port + 1}"


def _development_key(runtime: Runtime) -> str:
    """Return the key kept in the data directory, or make it; it lives and dies with that directory."""
    path = runtime.settings.data_dir / "development.key"
    if path.exists():
        key = path.read_text().strip()
        try:
            keys.authenticate(runtime, key, None)
        except Unauthorized:
            path.unlink()
        else:
            return key
    _, key = keys.create(runtime, name="development", scopes=SCOPES, caller=OPERATOR)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(key + "\n")
    return key


def _greet(settings: Settings, key: str, connection_id: str) -> None:
    url = f"http://{settings.host}:{settings.port}"

    def unlooked() -> list[Any]:
        """Return the watches of the default connection that have not looked yet."""
        answer = _asked(settings, key, f"/v1/watches?limit=100&connection={connection_id}") or b'{"data": []}'
        rows = orjson.loads(answer)["data"]
        return [row for row in rows if row["state"] == "active" and not row["baseline_at"]]

    if not _in_time(READY_SECONDS, lambda: _asked(settings, key, "/readyz") is not None):
        click.echo(
            f"after {READY_SECONDS} s {url}/readyz still says no; the log above has the cause", err=True
        )
        return
    _in_time(LOOK_SECONDS, lambda: all(watch["failure_count"] > 1 for watch in unlooked()))
    rows = unlooked()
    for why in {row["last_error"]: None for row in rows}:
        kinds = ", ".join(sorted(row["trigger"] for row in rows if row["last_error"] == why))
        click.echo(f"not watched yet: {kinds}: {why or 'the first look takes long'}", err=True)
    click.echo(FIRST_STEPS.format(url=url, key=key))


def _in_time(seconds: float, is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def _asked(settings: Settings, key: str, path: str) -> bytes | None:
    """Return the body of the web process's answer, None where it gives none or says no."""
    connection = HTTPConnection(settings.host, settings.port, timeout=2)
    try:
        connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == HTTPStatus.OK else None
