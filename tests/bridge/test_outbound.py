from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from bridge import __version__, clock
from bridge.outbound import Answer, Outbound, SendError
from tests.bridge.conftest import misbehaving, post, read_request, sending, trouble
from tests.receiver import Receiver

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def answering(*parts: bytes, pause: float = 0) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        for part in parts:
            connection.sendall(part)
            time.sleep(pause)

    return script


def test_a_post_carries_our_headers_and_no_others(receiver: Receiver) -> None:
    answer = post(receiver.url)
    [request] = receiver.received
    assert (answer, request.path, request.body, request.headers) == (
        Answer(204, None, ""),
        "/hook",
        b"{}",
        {
            "host": receiver.url.split("/")[2],
            "content-type": "application/json",
            "content-length": "2",
            "webhook-id": "evt_1",
            "user-agent": f"Pinehook/{__version__}",
            "accept-encoding": "identity",
        },
    )


def test_deadlines_are_of_the_clock_that_counts_them(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "monotonic", lambda: time.monotonic() - 3600)  # macOS, after an hour of sleep
    assert post(receiver.url).status_code == 204


def test_a_redirect_is_an_answer_and_is_not_followed(receiver: Receiver) -> None:
    moved = f"HTTP/1.1 302 Found\r\nlocation: {receiver.url}\r\ncontent-length: 0\r\n\r\n".encode()
    with misbehaving(answering(moved)) as url:
        assert (post(url), receiver.received) == (Answer(302, None, ""), [])


def test_cookies_are_neither_kept_nor_sent() -> None:
    heads: list[bytes] = []

    def script(connection: socket.socket) -> None:
        connection.sendall(OK.replace(b"\r\n\r\n", b"\r\nset-cookie: a=b\r\n\r\n"))
        heads.append(read_request(connection))
        connection.sendall(OK)

    async def twice(outbound: Outbound) -> None:
        async with httpx.AsyncClient(transport=outbound) as client:
            await client.post(url, content=b"{}")
            assert client.cookies == {"a": "b"}
            await client.post(url, content=b"{}")

    with misbehaving(script) as url:
        sending(twice)
    assert [b"cookie" in head.lower() for head in heads] == [False]


def test_proxies_of_the_environment_are_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(receiver.url).status_code == 204


def test_an_httpx_client_can_be_built_on_it(receiver: Receiver) -> None:
    async def use(outbound: Outbound) -> httpx.Response:
        async with httpx.AsyncClient(transport=outbound) as client:
            return await client.put(receiver.url.replace("/hook", "/"), content=b"{}")

    receiver.answers = [204]
    answer = sending(use)
    assert (answer.status_code, answer.request.method) == (501, "PUT")  # the receiver takes POST only


def test_retry_after_comes_back() -> None:
    with misbehaving(answering(b"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\ncontent-length: 0\r\n\r\n")) as url:
        assert post(url) == Answer(503, "7", "")


DRIP_HEADERS = [b"HTTP/1.1 200 OK\r\n"] + [b"x-a: b\r\n"] * 100
DRIP_BODY = [b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n"] + [b"x"] * 99
DRIP_CHUNKS = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"] + [b"1\r\nx\r\n"] * 100
DRIP_INTERIM = [b"HTTP/1.1 102 Processing\r\n\r\n"] * 100


@pytest.mark.parametrize("parts", [DRIP_HEADERS, DRIP_BODY, DRIP_CHUNKS, DRIP_INTERIM, [b""]])
def test_nothing_a_receiver_drips_stretches_the_deadline(parts: list[bytes]) -> None:
    started = time.monotonic()
    with misbehaving(answering(*parts, pause=0.1)) as url:
        told = trouble(url, seconds=0.5)
        took = time.monotonic() - started
    assert (told, took < 1.5) == (("timeout", "no whole answer within 0.5 seconds"), True)


def test_a_gzip_bomb_is_not_inflated() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    head = f"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {len(bomb)}\r\n\r\n".encode()

    async def use(outbound: Outbound) -> httpx.Response:
        async with httpx.AsyncClient(transport=outbound) as client:
            return await client.post(url, content=b"{}")

    with misbehaving(answering(head + bomb)) as url:
        assert (post(url).status_code, len(sending(use).content) <= 64 * 1024) == (200, True)


def test_an_endless_answer_is_read_to_the_cap_and_judged_by_its_status() -> None:
    parts = [b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"] + [
        b"400\r\n" + b"x" * 1024 + b"\r\n"
    ] * 500
    with misbehaving(answering(*parts)) as url:
        assert post(url) == Answer(200, None, "x" * 4096)


def test_a_million_headers_are_not_read() -> None:
    with misbehaving(answering(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1_000_000)) as url:
        assert trouble(url)[0] == "not_http"


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ([b"SSH-2.0-OpenSSH_9.9\r\n"], "not_http"),
        ([b"HTTP/1.1 999999 Odd\r\n\r\n"], "not_http"),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"], "not_http"),
        ([b"HTTP/1.1 200 OK\r\ncontent-le"], "not_http"),
        ([], "connection_lost"),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(parts: list[bytes], outcome: str) -> None:
    def script(connection: socket.socket) -> None:
        answering(*parts)(connection)
        connection.shutdown(socket.SHUT_RDWR)

    with misbehaving(script) as url:
        assert trouble(url)[0] == outcome


def test_a_reset_is_a_lost_connection() -> None:
    def script(connection: socket.socket) -> None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()

    with misbehaving(script) as url:
        assert trouble(url)[0] == "connection_lost"


def test_a_line_is_used_again_and_another_taken_when_the_receiver_hung_up() -> None:
    lines: list[int] = []
    hung_up = threading.Event()

    def script(connection: socket.socket) -> None:
        lines.append(connection.fileno())
        connection.sendall(OK)
        if len(lines) == 1:
            read_request(connection)
            connection.sendall(OK)
            read_request(connection)  # a third request meets a line that is closed without an answer
            connection.shutdown(socket.SHUT_RDWR)
            hung_up.set()

    async def use(outbound: Outbound) -> list[str]:
        return [(await outbound.post(url, b"{}", {})).excerpt for _ in range(3)]

    with misbehaving(script) as url:
        assert (sending(use), len(lines), hung_up.is_set()) == (["ok"] * 3, 2, True)


def test_an_excerpt_is_text_that_any_database_holds() -> None:
    with misbehaving(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\na\x00\xff\xc3\xbc")) as url:
        assert post(url).excerpt == "a\ufffd\ufffdü"


@pytest.mark.parametrize(
    ("answer", "excerpt", "calls"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", 2),
        (b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", "ok", 2),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok, and more", "ok", 2),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok", "ok", 2),
        (b"HTTP/1.1 102 Wait\r\n\r\nHTTP/1.1 103 Hints\r\nlink: a\r\n\r\n" + OK, "ok", 1),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok", 1),
    ],
)
def test_a_line_is_used_again_only_after_an_answer_that_left_it_clean(
    answer: bytes, excerpt: str, calls: int
) -> None:
    lines: list[int] = []

    def script(connection: socket.socket) -> None:
        lines.append(connection.fileno())
        connection.sendall(answer)
        if answer.endswith(b"to the end"):
            connection.shutdown(socket.SHUT_RDWR)
        read_request(connection)
        connection.sendall(answer)

    async def use(outbound: Outbound) -> list[str]:
        return [(await outbound.post(url, b"{}", {})).excerpt for _ in range(2)]

    with misbehaving(script) as url:
        assert (sending(use), len(lines)) == ([excerpt] * 2, calls)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc",
        b"HTTP/2.0 200 OK\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_not_http_1_1_is_a_failure(answer: bytes) -> None:
    with misbehaving(answering(answer)) as url:
        assert trouble(url)[0] == "not_http"


def test_a_header_that_would_begin_another_is_not_sent(receiver: Receiver) -> None:
    for headers in ({"x-a": "b\r\nx-c: d"}, {"x-a: b\r\nx-c": "d"}, {"x-a": "b\x00"}, {"x a": "b"}):
        with pytest.raises(ValueError, match="cannot be sent"):
            sending(lambda outbound, headers=headers: outbound.post(receiver.url, b"{}", headers))
    assert receiver.received == []


def test_an_answer_to_head_has_no_body() -> None:
    async def use(outbound: Outbound) -> httpx.Response:
        async with httpx.AsyncClient(transport=outbound) as client:
            return await client.head(url)

    with misbehaving(answering(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", pause=1)) as url:
        assert sending(use).status_code == 200


@pytest.mark.parametrize("kept", [False, True])
def test_what_was_halted_past_its_deadline_sends_nothing(receiver: Receiver, kept: bool) -> None:
    async def use(outbound: Outbound) -> None:
        if kept:
            await outbound.post(receiver.url, b"{}", {})
        with pytest.raises(SendError, match="no whole answer within 5 seconds"):
            await outbound.post(receiver.url, b"{}", {}, began=time.monotonic() - 6)
        await outbound.post(receiver.url, b"{}", {})

    sending(use)
    assert len(receiver.received) == 1 + kept
