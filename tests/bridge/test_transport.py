from __future__ import annotations

import contextlib
import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bridge.transport import Transport
from tests.bridge.conftest import Script, misbehaving, read_request
from tests.bridge.test_dialling import certificate, over_tls
from tests.bridge.test_outbound import answering

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
BIG = bytes(30_000_000)
SECONDS = 20.0
"""More than any of these tests needs."""
TLS = ssl.create_default_context()


@contextlib.contextmanager
def client(
    seconds: float = SECONDS, tls: ssl.SSLContext = TLS, *, theirs: bool = False
) -> Iterator[httpx.Client]:
    carrier = httpx.HTTPTransport(verify=tls) if theirs else Transport(tls)
    with httpx.Client(transport=carrier, timeout=seconds) as opened:
        yield opened


def said(url: str, method: str = "POST", body: bytes = b"{}", *, theirs: bool) -> tuple[object, ...]:
    with client(theirs=theirs) as http:
        answer = http.request(method, url, content=body)
        return answer.status_code, answer.reason_phrase, answer.headers.raw, answer.content


def trouble(url: str, seconds: float = SECONDS, body: bytes = b"{}", **how: bool) -> type[Exception]:
    with client(seconds, **how) as http:  # type: ignore[arg-type]
        with pytest.raises(httpx.RequestError) as caught:
            http.post(url, content=body)
        return caught.type


def hanging_up(*parts: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        connection.sendall(b"".join(parts))
        connection.shutdown(socket.SHUT_RDWR)

    return script


ZIPPED = gzip.compress(b'{"a": 1}')
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ANSWERS = {
    "of a length": answering(OK),
    "without a length": hanging_up(b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\n", b"x" * 100_000),
    "of HTTP/1.0": hanging_up(b"HTTP/1.0 200 OK\r\n\r\nold"),
    "in chunks": answering(CHUNKED + b"2;a=b\r\nok\r\n", b"5\r\n and ", b"\r\n0\r\nX-Late: trailer\r\n\r\n"),
    "zipped": answering(GZIP + b"Content-Length: %d\r\n\r\n%s" % (len(ZIPPED), ZIPPED)),
    "zipped, in chunks": answering(
        GZIP + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(ZIPPED), ZIPPED)
    ),
    "of nothing": answering(b"HTTP/1.1 204 No Content\r\nX-A: b\r\n\r\n"),
    "of nothing, in chunks": answering(b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "not changed": answering(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"),
    "after others": answering(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", OK
    ),
    "in Latin-1": answering(OK.replace(b"\r\n\r\n", b"\r\nX-Name: caf\xe9\r\n\r\n")),
    "with a header twice": answering(OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\r\n")),
    "with empty and padded headers": answering(OK.replace(b"\r\n\r\n", b"\r\nX-A:\r\nX-B: \t b c \t\r\n\r\n")),
    "in words of its own": answering(b"HTTP/1.1 599 It Is Broken\r\nContent-Length: 0\r\n\r\n"),
    "without words": answering(b"HTTP/1.1 429 \r\nContent-Length: 0\r\n\r\n"),
    "in single bytes": answering(*(bytes([one]) for one in OK)),
    "and garbage after it": answering(OK + b"garbage"),
    "a large one": answering(b"HTTP/1.1 200 OK\r\ncontent-length: 30000000\r\n\r\n" + BIG),
}  # fmt: skip


@pytest.mark.parametrize("script", [pytest.param(script, id=name) for name, script in ANSWERS.items()])
def test_an_answer_is_what_httpx_makes_of_it(script: Script) -> None:
    with misbehaving(script) as url:
        assert said(url, theirs=False) == said(url, theirs=True)


def test_an_answer_to_head_has_no_body() -> None:
    with misbehaving(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")) as url:
        assert said(url, "HEAD", theirs=False) == said(url, "HEAD", theirs=True)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


TROUBLES = {
    "no answer": (hanging_up(), httpx.RemoteProtocolError),
    "a reset": (reset, httpx.ReadError),
    "silence": (answering(), httpx.ReadTimeout),
    "silence amid the answer": (answering(OK[:-1]), httpx.ReadTimeout),
    "another protocol": (hanging_up(b"SSH-2.0-OpenSSH_9.9\r\n"), httpx.RemoteProtocolError),
    "no status": (answering(b"HTTP/1.1 OK\r\n\r\n"), httpx.RemoteProtocolError),
    "a status cut off": (hanging_up(b"HTTP/1.1 200 O"), httpx.RemoteProtocolError),
    "a head cut off": (hanging_up(b"HTTP/1.1 200 OK\r\nX-A: b\r\n"), httpx.RemoteProtocolError),
    "a header cut off": (hanging_up(b"HTTP/1.1 200 OK\r\ncontent-le"), httpx.RemoteProtocolError),
    "a body cut off": (hanging_up(OK[:-1]), httpx.RemoteProtocolError),
    "chunks cut off": (hanging_up(CHUNKED + b"2\r\nok\r\n"), httpx.RemoteProtocolError),
    "chunks of no size": (answering(CHUNKED + b"zz\r\nok\r\n"), httpx.RemoteProtocolError),
    "a length that is none": (answering(OK.replace(b": 2", b": two")), httpx.RemoteProtocolError),
    "two lengths": (answering(OK.replace(b"\r\n\r\n", b"\r\ncontent-length: 1\r\n\r\n")), httpx.RemoteProtocolError),
    "a line that is no header": (answering(OK.replace(b"\r\n\r\n", b"\r\nhello\r\n\r\n")), httpx.RemoteProtocolError),
    "a million headers": (answering(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1_000_000), httpx.RemoteProtocolError),
    "an endless header": (answering(b"HTTP/1.1 200 OK\r\nx-a: " + BIG.replace(b"\0", b"b")), httpx.RemoteProtocolError),
    "what is not zipped": (answering(GZIP + b"Content-Length: 3\r\n\r\nabc"), httpx.DecodingError),
}  # fmt: skip


@pytest.mark.parametrize(
    ("script", "kind"), [pytest.param(*trouble, id=name) for name, trouble in TROUBLES.items()]
)
def test_a_trouble_is_the_one_that_httpx_has(script: Script, kind: type[Exception]) -> None:
    seconds = 0.3 if kind is httpx.ReadTimeout else SECONDS
    with misbehaving(script) as url:
        assert (trouble(url, seconds), trouble(url, seconds, theirs=True)) == (kind, kind)


def test_an_answer_of_another_protocol_is_none() -> None:
    switching = b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\nhello"
    with misbehaving(answering(switching)) as url:
        assert trouble(url) is httpx.RemoteProtocolError


def test_a_length_that_no_memory_has_is_not_reserved() -> None:
    with misbehaving(hanging_up(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\nabc")) as url:
        assert trouble(url) is httpx.RemoteProtocolError


@contextlib.contextmanager
def listening(script: Script, times: int = 1, host: str = "127.0.0.1") -> Iterator[str]:
    """Do what the script says with so many connections, whatever they send; give what follows the scheme in a URL."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener, contextlib.ExitStack() as held:

        def serve() -> None:
            for _ in range(times):
                script(held.enter_context(listener.accept()[0]))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        yield f"[{host}]:{port}/" if ":" in host else f"{host}:{port}/"
        thread.join()


@pytest.mark.parametrize("closing", [b"Connection: close\r\n", b""])
def test_an_answer_before_all_of_a_large_body_was_read_is_heard(closing: bytes) -> None:
    refused = b"HTTP/1.1 413 Too Large\r\n" + closing + b"Content-Length: 5\r\n\r\nlarge"

    def script(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(refused)
        connection.close()

    with listening(script, 2) as place:
        ours, theirs = (said(f"http://{place}", body=BIG, theirs=theirs) for theirs in (False, True))
    assert (ours, ours[0]) == (theirs, 413)


def test_a_server_that_does_not_read_is_given_up() -> None:
    with listening(answering(), 2) as place:
        both = [trouble(f"http://{place}", 0.3, BIG, theirs=theirs) for theirs in (False, True)]
    assert both == [httpx.WriteTimeout] * 2


@pytest.mark.slow
def test_a_large_body_may_take_longer_than_any_wait_in_it() -> None:
    def script(connection: socket.socket) -> None:
        with connection.makefile("rb") as asked:
            for _ in range(5):
                time.sleep(0.5)
                asked.read(len(BIG) // 5)
        connection.sendall(OK)

    with listening(script) as place, client(1.5) as http:
        started = time.monotonic()
        assert http.post(f"http://{place}", content=BIG).content == b"ok"
        assert time.monotonic() - started > 1.5


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://[::1]:9/", "http://nowhere.invalid/", "http://bücher.invalid/"])  # fmt: skip
def test_where_nobody_listens_there_is_no_connection(url: str) -> None:
    assert (trouble(url), trouble(url, theirs=True)) == (httpx.ConnectError, httpx.ConnectError)


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 64}.example", ".example"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_can_be_no_name_is_no_connection(scheme: str, host: str) -> None:
    assert trouble(f"{scheme}://{host}/") is httpx.ConnectError


def test_no_other_scheme_is_spoken() -> None:
    both = [trouble("ftp://127.0.0.1:9/", theirs=theirs) for theirs in (False, True)]
    assert both == [httpx.UnsupportedProtocol] * 2


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_an_address_of_ipv6_is_dialled() -> None:
    def script(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(OK)

    with listening(script, host="::1") as place:
        assert said(f"http://{place}", theirs=False)[3] == b"ok"


def test_tls_names_and_verifies_the_host(tmp_path: Path) -> None:
    named = certificate(tmp_path, ["localhost"], -1, 1)
    trusting = ssl.create_default_context(cafile=named)
    with over_tls(named) as port, client(tls=trusting) as trusts, client() as others:
        assert trusts.post(f"https://localhost:{port}/", content=b"{}").content == b"ok"
        for http, host in ((trusts, "127.0.0.1"), (others, "localhost")):
            with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
                http.post(f"https://{host}:{port}/", content=b"{}")


def test_who_speaks_no_tls_is_no_connection_and_who_is_silent_is_given_up() -> None:
    with socket.create_server(
        ("127.0.0.1", 0)
    ) as silent:  # the system takes the connection, and nobody reads
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/"
        assert [trouble(url, 0.3, theirs=theirs) for theirs in (False, True)] == [httpx.ConnectTimeout] * 2
    with listening(hanging_up(OK), 2) as place:
        assert [trouble(f"https://{place}", theirs=theirs) for theirs in (False, True)] == [
            httpx.ConnectError
        ] * 2
