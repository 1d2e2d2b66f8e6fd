"""Receivers that do their worst, all at once: each attempt has its end and its name, and a good one misses nothing."""

from __future__ import annotations

import gzip
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bridge.conftest import misbehaving
from tests.bridge.test_delivering import working
from tests.bridge.test_dialling import certificate, over_tls
from tests.faults.ledger import Ledger

pytestmark = pytest.mark.slow
NO_LINGER = b"\x01\x00\x00\x00\x00\x00\x00\x00"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
BOMB = gzip.compress(bytes(20_000_000))
METADATA = (
    b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/latest/meta-data/\r\ncontent-length: 0\r\n\r\n"
)
Script = Callable[[socket.socket], None]


def dripping(head: bytes, drop: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(100):
            time.sleep(0.05)
            connection.sendall(drop)

    return script


def saying(answer: bytes) -> Script:
    return lambda connection: connection.sendall(answer)


def resetting(said: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(said)
        time.sleep(0.1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        connection.close()

    return script


WORST: dict[str, tuple[Script, str]] = {
    "drips headers": (dripping(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"), "timeout"),
    "drips a body": (dripping(OK.replace(b": 2", b": 200"), b"x"), "timeout"),
    "says nothing": (dripping(b"", b""), "timeout"),
    "resets before it answers": (resetting(b""), "connection_lost"),
    "resets in the middle": (resetting(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"), "connection_lost"),
    "resets after its answer": (resetting(OK), "succeeded"),
    "talks nonsense": (saying(b"\x16\x03\x01 SSH-2.0 \xff\xfe 200 OK\r\n\r\n"), "not_http"),
    "sends chunks without end": (saying(CHUNKED + b"400\r\n%b\r\n" % (b"x" * 1024) * 4000), "succeeded"),
    "sends a gzip bomb": (
        saying(
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b" % (len(BOMB), BOMB)
        ),
        "succeeded",
    ),
    "sends a million headers": (saying(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 1_000_000), "not_http"),
    "sends 10 MB": (
        saying(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + bytes(10_000_000)),
        "succeeded",
    ),
    "redirects to a metadata address": (saying(METADATA), "rejected"),
}


def test_hostile_receivers_end_as_they_must_and_harm_nobody(ledger: Ledger, tmp_path: Path) -> None:
    ledger.ends = frozenset({"succeeded", "failed"})
    owing = ledger.owing
    with ExitStack() as stack:
        port = stack.enter_context(over_tls(certificate(tmp_path, ["localhost"], -1, 1)))
        urls = {name: stack.enter_context(misbehaving(script)) for name, (script, _) in WORST.items()}
        urls |= {
            "signs its own certificate": f"https://localhost:{port}/hook",
            "has no address": "https://x.invalid/",
        }
        names = {
            owing.endpoint(url, "backup.ready", retry_seconds=[]).endpoint.id: name
            for name, url in urls.items()
        }
        owing.happen(1, "backup.ready")
        ledger.commit(30)
        with working(owing.with_settings(delivery_timeout_seconds=1)):
            row = ledger.close("fourteen hostile receivers beside a good one")
        ends = {one.endpoint_id: one.id for one in owing.deliveries() if one.endpoint_id in names}
        outcomes = {one.delivery_id: one.outcome for one in owing.attempts()}
    expected = {name: outcome for name, (_, outcome) in WORST.items()}
    expected |= {"signs its own certificate": "tls_failed", "has no address": "name_not_found"}
    assert {names[endpoint]: outcomes[ends[endpoint]] for endpoint in ends} == expected
    assert (row.received, row.duplicates) == (30, 0)
