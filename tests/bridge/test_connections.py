from __future__ import annotations

import itertools
import socket
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pinecone import Pinecone
from pinecone.errors import PineconeError

from bridge.config import Settings
from bridge.connections import Connections
from bridge.errors import PinehookError
from bridge.explaining import explain
from bridge.turns import Meter, metered
from tests.bridge.conftest import Script, misbehaving
from tests.bridge.test_carrying import Lines
from tests.bridge.test_dialling import certificate, over_tls
from tests.bridge.test_outbound import answering
from tests.bridge.test_transport import SECONDS, hanging_up

INDEXES = b'{"indexes": []}'
LISTED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(INDEXES),
    INDEXES,
)


@contextmanager
def sdk(host: str, **settings: Any) -> Iterator[Pinecone]:
    """The SDK's client, as connections prepare it."""
    none: Any = None
    asked = {"pinecone_retries": 0, "pinecone_timeout_seconds": SECONDS, **settings}
    opened = Connections(Settings(**asked), none, none, none).open(host.removesuffix("/hook"), "pckey_test")
    try:
        yield opened
    finally:
        opened.close()


def problem(call: Callable[[], Any]) -> PinehookError:
    """What the exception of the SDK means."""
    with pytest.raises(PineconeError) as caught:
        call()
    return explain(caught.value)


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (answering(), "pinecone_timeout"),
        (answering(LISTED[:-1]), "pinecone_timeout"),
        (hanging_up(LISTED[:-1]), "pinecone_unreachable"),
        (hanging_up(), "pinecone_unreachable"),
        (answering(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n"), "pinecone_payload_too_large"),
    ],
    ids=["silence", "silence amid it", "cut off", "no answer", "too large"],
)
def test_what_is_no_answer_to_the_sdk_is_told_as_what_it_is(script: Script, code: str) -> None:
    seconds = 0.3 if code == "pinecone_timeout" else SECONDS
    with misbehaving(script) as host, sdk(host, pinecone_timeout_seconds=seconds) as pinecone:
        assert problem(lambda: list(pinecone.indexes.list())).code == code


def test_where_nobody_listens_pinecone_is_unreachable() -> None:
    with sdk("http://127.0.0.1:9") as pinecone:
        assert problem(lambda: list(pinecone.indexes.list())).code == "pinecone_unreachable"


def test_the_sdk_says_of_an_illegal_header_that_nothing_was_sent_and_not_what_it_holds() -> None:
    lines = Lines()
    with misbehaving(lines) as host, sdk(host) as pinecone:
        pinecone._http._client.headers["Api-Key"] = "pcsk_\r\nX-Other: " + "secret"
        with pytest.raises(PineconeError, match="nothing was sent") as caught:
            pinecone._http.get("/indexes")
    assert (explain(caught.value).code, lines.asked) == ("pinecone_unreachable", [])
    assert "secret" not in "".join(traceback.format_exception(caught.value))


def test_what_the_sdk_sends_again_is_counted_too() -> None:
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\ncontent-length: 0\r\n\r\n"
    lines = Lines(busy, busy, LISTED, busy, LISTED)
    with misbehaving(lines) as host, sdk(host, pinecone_retries=2) as pinecone, metered(meter := Meter()):
        assert list(pinecone.indexes.list()) == []
        pinecone._http.post("/indexes", json={})
    assert (meter.count, lines.asked) == (5, [5])


def test_what_was_not_answered_is_sent_again_over_another_line_and_counted() -> None:
    numbers = itertools.count()

    def script(connection: socket.socket) -> None:
        (hanging_up() if next(numbers) == 0 else answering(LISTED))(connection)

    meter = Meter()
    with misbehaving(script) as host, sdk(host, pinecone_retries=1) as pinecone, metered(meter):
        assert list(pinecone.indexes.list()) == []
    assert meter.count == 2


def test_the_sdk_trusts_the_authorities_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = certificate(tmp_path, ["localhost"], -1, 1)
    with over_tls(pem) as port:
        with sdk(f"https://localhost:{port}") as pinecone:
            assert problem(lambda: list(pinecone.indexes.list())).code == "pinecone_unreachable"
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        with sdk(f"https://localhost:{port}") as pinecone:
            assert pinecone._http.get("/").content == b"ok"
