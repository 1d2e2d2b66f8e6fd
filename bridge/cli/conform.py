"""`conform`: a receiver that checks whether a sender keeps to Standard Webhooks."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import click

from bridge import clock, conformance, signing
from bridge.conformance import Arrived, Verdict

MAX_BODY_BYTES = 4 * 1024 * 1024


@dataclass
class Receiver:
    """A running receiver: where it is, and what has come."""

    url: str
    arrived: list[Arrived] = field(default_factory=list)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8765, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--secret", help="What verifies the messages: whsec_… or whpk_…; made if not given.")
@click.option("--new-secret", help="The secret after a rotation.")
@click.option("--seconds", default=0.0, help="Stop after so many seconds instead of at Ctrl-C.")
def command(host: str, port: int, secret: str | None, new_secret: str | None, seconds: float) -> None:
    """Receive from a sender of webhooks and tell how well it keeps to Standard Webhooks."""
    secrets = [secret or signing.new_secret(), *([new_secret] if new_secret else [])]
    for given in secrets:
        _refuse_unfit(given)
    with serve(host, port) as receiver:
        click.echo(f"Sign with {secrets[0]} and send events to:")
        for path, does in conformance.PATHS.items():
            click.echo(f"  {receiver.url}{path:12} {does}")
        click.echo("Ctrl-C ends it and tells.")
        try:
            threading.Event().wait(seconds or None)
        except KeyboardInterrupt:
            click.echo()
        verdicts = conformance.judge(list(receiver.arrived), secrets)
    click.echo(table(verdicts))
    if any(verdict.result == "FAIL" for verdict in verdicts):
        raise SystemExit(1)


def table(verdicts: Sequence[Verdict]) -> str:
    """Write verdicts as a table."""
    width = max(len(verdict.asked) for verdict in verdicts)
    return "\n".join(f"{one.result:8}  {one.asked:{width}}  {one.seen}" for one in verdicts)


@contextmanager
def serve(host: str, port: int) -> Iterator[Receiver]:
    """Run a receiver for a block."""
    receiver = Receiver("")
    lock = threading.Lock()

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _take(self) -> None:
            length = self.headers.get("content-length", "0")
            size = min(int(length), MAX_BODY_BYTES) if length.isascii() and length.isdigit() else 0
            names = {name.lower(): value for name, value in self.headers.items()}
            one = Arrived(clock.now().timestamp(), self.command, self.path, names, self.rfile.read(size))
            with lock:
                earlier = sum((each.path, each.id) == (one.path, one.id) for each in receiver.arrived)
                receiver.arrived.append(one)
            status, headers = conformance.answer(one, earlier)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        do_POST = do_GET = do_PUT = _take  # noqa: N815 - the names that http.server calls

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer((host, port), Door)
    server.daemon_threads = True
    receiver.url = f"http://{host}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _refuse_unfit(secret: str) -> None:
    try:
        if secret.startswith(signing.PUBLIC_PREFIX):
            return
        signing.key_of(secret)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
