from __future__ import annotations

import itertools
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from bridge import clock, transport
from tests.bridge.conftest import misbehaving, read_request
from tests.bridge.test_transport import OK, SECONDS, client

CLOSING = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


class Lines:
    """A server that keeps its lines: what was asked over each, and those that the other side has hung up."""

    def __init__(self, *answers: bytes) -> None:
        self.asked: list[int] = []
        self.gone = 0
        self._answers = itertools.chain(answers, itertools.repeat(OK))
        self._changed = threading.Condition()

    def __call__(self, connection: socket.socket) -> None:
        number = len(self.asked)
        self.asked.append(0)
        try:
            while True:
                self.asked[number] += 1
                connection.sendall(next(self._answers))
                read_request(connection)
        except OSError:
            with self._changed:
                self.gone += 1
                self._changed.notify_all()

    def wait_for_gone(self, count: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.gone == count, SECONDS)


def test_one_line_serves_request_after_request() -> None:
    lines = Lines()
    with misbehaving(lines) as url, client() as http:
        answers = [http.post(url, content=b"{}").content for _ in range(5)]
    assert (answers, lines.asked) == ([b"ok"] * 5, [5])


@pytest.mark.parametrize(
    "answer",
    [CLOSING, OK.replace(b"1.1", b"1.0"), OK + b"garbage", OK + OK],
    ids=["that closes", "of HTTP/1.0", "and garbage", "and another"],
)
def test_a_line_is_given_up_after_an_answer(answer: bytes) -> None:
    lines = Lines(answer)
    with misbehaving(lines) as url, client() as http:
        answers = [http.post(url, content=b"{}").content for _ in range(3)]
    assert (answers, lines.asked) == ([b"ok"] * 3, [1, 2])


@pytest.mark.parametrize("last_words", [b"", b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n"])
def test_a_line_that_the_server_hung_up_meanwhile_is_not_used_again(last_words: bytes) -> None:
    lines: list[socket.socket] = []

    def script(connection: socket.socket) -> None:
        lines.append(connection)
        connection.sendall(OK)

    with misbehaving(script) as url, client() as http:
        http.post(url, content=b"{}")
        lines[0].sendall(last_words)
        lines[0].shutdown(socket.SHUT_RDWR)
        assert (http.post(url, content=b"{}").content, len(lines)) == (b"ok", 2)


def test_an_answer_that_comes_too_late_is_not_that_to_the_next_request() -> None:
    numbers, given_up = itertools.count(), threading.Event()

    def script(connection: socket.socket) -> None:
        if next(numbers) == 0:
            given_up.wait(SECONDS)
            connection.sendall(OK.replace(b"ok", b"no"))
        connection.sendall(OK)

    with misbehaving(script) as url, client() as http:
        with pytest.raises(httpx.ReadTimeout):
            http.post(url, content=b"{}", timeout=0.3)
        given_up.set()
        assert http.post(url, content=b"{}").content == b"ok"


def test_lines_that_nobody_has_used_for_five_seconds_are_hung_up(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, now = Lines(), [0.0]
    monkeypatch.setattr(clock, "monotonic", lambda: now[0])
    with misbehaving(lines) as url, client() as http:
        together(4, lambda _: http.post(url, content=b"{}"), lines)
        for now[0] in (3, 6):  # one of them is used on
            http.post(url, content=b"{}")
        assert (lines.wait_for_gone(3), len(lines.asked)) == (True, 4)
        now[0] = 20
        http.post(url, content=b"{}")
        assert (lines.wait_for_gone(4), len(lines.asked)) == (True, 5)


def test_no_more_than_ten_idle_lines_are_kept() -> None:
    lines, count = Lines(), transport.MAX_KEPT + 2
    all_there = threading.Barrier(count)

    def together(connection: socket.socket) -> None:
        all_there.wait(SECONDS)
        lines(connection)

    with misbehaving(together) as url, client() as http, ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda _: http.post(url, content=b"{}"), range(count)))
        assert lines.wait_for_gone(2)


def together(count: int, send: Callable[[int], Any], lines: Lines) -> None:
    """Send so often, until so many lines have been in use at once."""
    deadline = time.monotonic() + SECONDS
    with ThreadPoolExecutor(count) as pool:
        while len(lines.asked) < count and time.monotonic() < deadline:
            list(pool.map(send, range(count)))


def test_who_is_closed_hangs_up_and_what_is_under_way_still_gets_its_answer() -> None:
    lines, asked, closed = Lines(), threading.Event(), threading.Event()

    def slowly(connection: socket.socket) -> None:
        asked.set()
        closed.wait(SECONDS)
        lines(connection)

    with misbehaving(lines) as url, misbehaving(slowly) as slow, client() as http:
        http.post(url, content=b"{}")
        with ThreadPoolExecutor(1) as pool:
            under_way = pool.submit(http.post, slow, content=b"{}")
            assert asked.wait(SECONDS)
            http._transport.close()
            assert lines.wait_for_gone(1)
            closed.set()
            assert under_way.result().content == b"ok"
        assert lines.wait_for_gone(2)


@pytest.mark.parametrize(
    "answer", [OK[:-1], b"nonsense\r\n\r\n", b""], ids=["cut off", "nonsense", "silence"]
)
def test_a_line_in_trouble_is_hung_up_at_once(answer: bytes) -> None:
    lines = Lines(answer)
    with misbehaving(lines) as url, client(0.3) as http:
        with pytest.raises(httpx.TransportError) as held:  # as the SDK holds it while it waits to try again
            http.post(url, content=b"{}")
        assert (lines.wait_for_gone(1), held.tb is not None) == (True, True)


def test_threads_that_share_it_get_their_own_answers() -> None:
    def script(connection: socket.socket) -> None:
        connection.sendall(CLOSING)
        connection.close()

    with echoing() as url, misbehaving(script) as other, client() as http:

        def send(number: int) -> tuple[str, bytes]:
            body = f"{number} ".encode() * (1 + number * 50)
            return http.post(url, content=body).text.strip(), http.post(other, content=b"{}").content

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(400)))
    assert answers == [((f"{number} " * (1 + number * 50)).strip(), b"ok") for number in range(400)]


class Echo(BaseHTTPRequestHandler):
    """Answers, over lines it keeps, what it is sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def echoing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("theirs", [False, True])
@pytest.mark.parametrize(
    "key",
    [
        b"pcsk_secret\n",
        b"pcsk_\r\nX-Other: secret",
        b"a\r\n\r\nGET /secret HTTP/1.1",
        b"secret\0",
        b" secret",
        b"secret\t",
    ],
)
def test_a_key_that_can_be_in_no_header_is_neither_sent_nor_told(key: bytes, *, theirs: bool) -> None:
    lines = Lines()
    with misbehaving(lines) as url, client(theirs=theirs) as http:
        with pytest.raises(httpx.LocalProtocolError, match="Illegal header value") as caught:
            http.post(url, content=b"{}", headers={b"Api-Key": key})
        assert (http.post(url, content=b"{}").content, lines.asked) == (b"ok", [1])
    assert theirs or "secret" not in "".join(traceback.format_exception(caught.value))
