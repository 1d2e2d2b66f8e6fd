"""`conform`: a receiver that checks whether a sender keeps to Standard Webhooks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import click
import orjson
from waitress.server import create_server

from bridge import clock, conformance, signing
from bridge.conformance import VECTORS, Arrived, Verdict

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
SECONDS: Final = click.FloatRange(min=0)


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
@click.option("--seconds", type=SECONDS, default=0.0, help="Stop after so many seconds instead of at Ctrl-C.")
@click.option("--strict", is_flag=True, help="Fail for what was not seen, too.")
@click.option(
    "--vectors", is_flag=True, help="Print messages whose signatures are known, for a signer to make."
)
def command(  # noqa: PLR0917 - one an option
    host: str,
    port: int,
    secret: str | None,
    new_secret: str | None,
    seconds: float,
    strict: bool,
    vectors: bool,
) -> None:
    """Receive from a sender of webhooks and tell how well it keeps to Standard Webhooks."""
    if vectors:
        click.echo(orjson.dumps([one._asdict() for one in VECTORS], option=orjson.OPT_INDENT_2).decode())
        return
    secrets = [secret or signing.new_secret(), *([new_secret] if new_secret else [])]
    for given in secrets:
        _refuse_unfit(given)
    with _listening(host, port) as receiver:
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
    if {verdict.result for verdict in verdicts} & {"FAIL", "not seen" if strict else "FAIL"}:
        raise SystemExit(1)


def table(verdicts: Sequence[Verdict]) -> str:
    """Write verdicts as a table."""
    width = max(len(verdict.asked) for verdict in verdicts)
    return "\n".join(f"{one.result:8}  {one.asked:{width}}  {one.seen}" for one in verdicts)


@contextmanager
def serve(host: str, port: int, tell: Callable[[str], None] = lambda _: None) -> Iterator[Receiver]:
    """Run a receiver for a block. tell: is told of each request. Raises OSError when it cannot listen there."""
    receiver = Receiver("")
    lock = threading.Lock()

    def door(environ: dict[str, Any], start: Callable[..., object]) -> list[bytes]:
        one = _arrived(environ)
        with lock:
            earlier = sum((each.path, each.id) == (one.path, one.id) for each in receiver.arrived)
            receiver.arrived.append(one)
        status, headers = conformance.answer(one, earlier)
        tell(f"{one.method} {one.path or '/'} {one.id} is answered {status}")
        start(f"{status} {HTTPStatus(status).phrase}", [*headers.items(), ("Content-Length", "0")])
        return [b""]

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family)
    receiver.url = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}"
    sockets: dict[int, Any] = {}
    server: Any = create_server(door, map=sockets, sockets=[listening], max_request_body_size=MAX_BODY_BYTES)
    stopping = threading.Event()

    def loop() -> None:
        while not stopping.is_set():
            server.asyncore.loop(timeout=1, map=sockets, count=1, use_poll=True)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        stopping.set()
        server.pull_trigger()
        thread.join()
        server.task_dispatcher.shutdown()
        server.asyncore.close_all(sockets)


def _arrived(environ: Mapping[str, Any]) -> Arrived:
    """Take a request out of what WSGI makes of it; a query or a slash at the end makes no other path of it."""
    names = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    path, method = environ["PATH_INFO"].rstrip("/"), environ["REQUEST_METHOD"]
    return Arrived(clock.now().timestamp(), method, path, names, environ["wsgi.input"].read())


@contextmanager
def _listening(host: str, port: int) -> Iterator[Receiver]:
    with ExitStack() as stack:
        try:
            receiver = stack.enter_context(serve(host, port, click.echo))
        except (OSError, OverflowError) as error:
            told = f"cannot listen on {host}, port {port}: {getattr(error, 'strerror', None) or error}"
            raise click.ClickException(told) from None
        yield receiver


def _refuse_unfit(secret: str) -> None:
    try:
        conformance.refuse_unfit(secret)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
