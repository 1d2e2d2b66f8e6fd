"""The transport: carries what the SDK asks of control and data plane, over lines that are kept for the next request.

Plain sockets and a parser of HTTP/1.1 behind httpx's API. httpx's own transport takes a multiple of the CPU and gives
the interpreter up thirteen times in a call, this one five times; that often the threads of a process stand in each
other's way. What matters is as the SDK has it: each wait has an end, TLS is as it says, it tries again and explains errors.
Redirects are not followed, and neither proxies of the environment nor cookies exist here.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final, NamedTuple

import httptools
import httpx

from bridge import clock
from bridge.turns import count_call

KEPT_SECONDS: Final = 5.0
"""How long an idle line may be taken up again, as with httpx."""
MAX_KEPT: Final = 10
"""How many idle lines are kept, as the SDK has it."""
MAX_HEAD_BYTES: Final = 100 * 1024
"""How much may come before the body of an answer: as much as httpx takes."""
PIECE_BYTES: Final = 64 * 1024
PORTS: Final = {"http": 80, "https": 443}
HEAD: Final = re.compile(
    rb"[!-~]+ [!-~]+ HTTP/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[!-~\x80-\xff]+(?:[\t ]+[!-~\x80-\xff]+)*)?\r\n)+\r\n"
)


class Place(NamedTuple):
    """What a line leads to."""

    scheme: str
    host: str
    port: int


class Transport(httpx.BaseTransport):
    """The lines of one client of the SDK; threads may share it. tls: how the hosts of https are verified."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._tls.set_alpn_protocols(["http/1.1"])
        self._kept: dict[Place, deque[tuple[float, _Line]]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, count it on the caller's meter, and read the whole answer. Raises httpx.TransportError."""
        count_call()
        url, waits = request.url, request.extensions.get("timeout", {})
        if url.scheme not in PORTS:
            raise httpx.UnsupportedProtocol("the address is neither of http:// nor of https://")
        place = Place(url.scheme, url.raw_host.decode(), url.port or PORTS[url.scheme])
        head = _head(request)
        line = self._kept_line(place) or _Line(self._dialled(place, waits.get("connect")))
        try:
            line.send(head, iter(request.stream), waits.get("write"))  # type: ignore[arg-type]  # the SDK is not asynchronous here
            return line.answer(request.method, waits.get("read"))
        finally:
            self._put_back(place, line)

    def close(self) -> None:
        """Hang up; what is under way still gets its answer."""
        with self._lock:
            self._closed = True
            lines = [line for kept in self._kept.values() for _, line in kept]
            self._kept.clear()
        for line in lines:
            line.socket.close()

    def _kept_line(self, place: Place) -> _Line | None:
        """Return the idle line that was used last, if the server has not hung up."""
        while True:
            with self._lock:
                kept = self._kept.get(place)
                if not kept:
                    return None
                since, line = kept.pop()
            if clock.monotonic() - since < KEPT_SECONDS and not _has_news(line.socket):
                return line
            line.socket.close()

    def _put_back(self, place: Place, line: _Line) -> None:
        now, old = clock.monotonic(), []
        with self._lock:
            if not line.lasts or self._closed:
                old.append(line)
            else:
                kept = self._kept.setdefault(place, deque())
                kept.append((now, line))
                while now - kept[0][0] > KEPT_SECONDS or len(kept) > MAX_KEPT:
                    old.append(kept.popleft()[1])
        for each in old:
            each.socket.close()

    def _dialled(self, place: Place, seconds: float | None) -> socket.socket:
        try:
            line = socket.create_connection((place.host, place.port), seconds)
            try:
                line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return (
                    self._tls.wrap_socket(line, server_hostname=place.host)
                    if place.scheme == "https"
                    else line
                )
            except BaseException:
                line.close()
                raise
        except TimeoutError as error:
            raise httpx.ConnectTimeout("timed out") from error
        except (OSError, ValueError) as error:  # ValueError: a host that can be no name of one
            raise httpx.ConnectError(str(error)) from error


class _Line:
    """An open connection. lasts: whether another exchange can be had over it."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.lasts = True
        self._parser = httptools.HttpResponseParser(self)

    def send(self, head: bytes, body: Iterator[bytes], seconds: float | None) -> None:
        """Send a request; seconds: how long it may take the server to read on. Raises httpx.WriteTimeout."""
        self.lasts = False  # until it has answered as it should
        self._sent = False
        if self.socket.gettimeout() != seconds:
            self.socket.settimeout(seconds)
        try:
            self._send(head + next(body, b""))
            for piece in body:
                self._send(piece)
            self._sent = True
        except TimeoutError as error:
            raise httpx.WriteTimeout("timed out") from error
        except OSError:
            pass  # It may have answered, and hung up, before it read all of a body that is too large for it.

    def _send(self, piece: bytes) -> None:
        left = memoryview(piece)  # not sendall: its time is that of all, however large
        while left:
            left = left[self.socket.send(left) :]

    def answer(self, method: str, seconds: float | None) -> httpx.Response:
        """Read an answer; seconds: how long the server may be silent. Raises httpx.TransportError."""
        self._begin()
        self._bare = method == "HEAD"  # what it says of the length of a body is of one that does not follow
        self._whole = False
        if self.socket.gettimeout() != seconds:
            self.socket.settimeout(seconds)
        received = 0
        while not self._whole:
            try:
                data = self.socket.recv(PIECE_BYTES)
            except TimeoutError as error:
                raise httpx.ReadTimeout("timed out") from error
            except OSError as error:
                raise httpx.ReadError(str(error)) from error
            received += len(data)
            self._parse(data)
            if not self._status and received > MAX_HEAD_BYTES:
                raise httpx.RemoteProtocolError(f"no answer in {received} bytes")
        body = httpx.ByteStream(b"".join(self._parts))
        said = {"reason_phrase": b"".join(self._reason)}
        return httpx.Response(self._status, headers=self._headers, stream=body, extensions=said)

    def _parse(self, data: bytes) -> None:
        try:
            if data:
                self._parser.feed_data(data)
            elif not self._status or not self._ends_with_the_line():
                raise httpx.RemoteProtocolError(
                    "the server hung up before it had answered, or amid its answer"
                )
            else:
                self._whole = True
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self.lasts = False
            if not self._whole:
                raise httpx.RemoteProtocolError(f"the answer is not HTTP/1.1: {str(error)[:200]}") from error

    def _ends_with_the_line(self) -> bool:
        """Whether the body of this answer has no other end than that of the line (RFC 9112, 6.3)."""
        names = {name.lower() for name, _ in self._headers}
        return b"content-length" not in names and b"transfer-encoding" not in names

    def _begin(self) -> None:
        self._status = 0
        self._reason: list[bytes] = []
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []

    def on_message_begin(self) -> None:
        """Begin an answer (httptools)."""
        if self._whole:
            self.lasts = False  # nothing was asked

    def on_status(self, reason: bytes) -> None:
        """Take the words beside the status (httptools)."""
        if not self._whole:
            self._reason.append(reason)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, but none that follows the body (httptools)."""
        if not self._status:
            self._headers.append((name, value.rstrip()))

    def on_headers_complete(self) -> None:
        """Note what the head says (httptools)."""
        if not self._whole:
            self._status = self._parser.get_status_code()
            self._whole = self._bare and self._status >= HTTPStatus.OK

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body (httptools)."""
        if not self._whole:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """End the answer, unless it only announces another (httptools)."""
        if self._status < HTTPStatus.OK:
            self._begin()
        elif not self._whole:
            self._whole = True
            self.lasts = self._sent and self._parser.should_keep_alive()


def _head(request: httpx.Request) -> bytes:
    """Return the head of a request. Raises httpx.LocalProtocolError, which does not say what it holds."""
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    head = b"\r\n".join((*lines, b"", b""))
    # The lines are counted, too: what looks like one more header in the value of another is none of ours.
    if not HEAD.fullmatch(head) or head.count(b"\n") != len(lines) + 1:
        raise httpx.LocalProtocolError("Illegal header value")  # the SDK knows it by these words
    if b"\r\nTransfer-Encoding:" in head:
        raise httpx.LocalProtocolError("a body whose length is not known beforehand is not sent")
    return head


def _has_news(line: socket.socket) -> bool:
    """Whether there is something to read where nothing was asked: the server has hung up, most likely."""
    news = select.poll()
    news.register(line, select.POLLIN)
    return bool(news.poll(0))
