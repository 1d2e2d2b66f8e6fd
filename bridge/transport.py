"""The transport: carries what the SDK asks of Pinecone, over lines that are kept for the next request.

The standard library's HTTP behind httpx's API. httpx's own transport takes twice the CPU of a call and gives the
interpreter up thirteen times in it, this one five times; that often the threads of a process stand in each other's
way. The rest is as the SDK has it: each wait has an end, TLS is as it says, it tries again and explains errors.
Redirects are not followed, and neither proxies of the environment nor cookies exist here.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import threading
from collections import deque
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final, NamedTuple

import httpx

from bridge import clock
from bridge.turns import count_call

KEPT_SECONDS: Final = 5.0
"""How long an idle line is kept: as long as httpx keeps it."""
PORTS: Final = {"http": 80, "https": 443}
HEAD: Final = re.compile(
    rb"[!-~]+ [!-~]+ HTTP/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~\x80-\xff]*\r\n)+\r\n"
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
        self._kept: dict[Place, deque[tuple[float, HTTPConnection]]] = {}
        self._lock = threading.Lock()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, count it on the caller's meter, and read the whole answer. Raises httpx.TransportError."""
        count_call()
        url, waits = request.url, request.extensions["timeout"]
        place = Place(url.scheme, url.raw_host.decode(), url.port or PORTS[url.scheme])
        written = _written(request)
        line = self._kept_line(place) or self._dialled(place, waits["connect"])
        lasts = False
        try:
            line.sock.settimeout(waits["read"])
            answer, body = _exchanged(line.sock, request.method, written)
            lasts = not answer.will_close
        finally:
            self._put_back(place, line, lasts=lasts)
        # As bytes: httpx takes a str for ASCII, and what a server says may be Latin-1.
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.getheaders()]
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(body))

    def close(self) -> None:
        """Hang up; what is under way still gets its answer."""
        with self._lock:
            self._closed = True
            lines = [line for kept in self._kept.values() for _, line in kept]
            self._kept.clear()
        for line in lines:
            line.close()

    def _kept_line(self, place: Place) -> HTTPConnection | None:
        """Return the idle line that was used last, if the server has not hung up."""
        while True:
            with self._lock:
                kept = self._kept.get(place)
                if not kept:
                    return None
                since, line = kept.pop()
            if clock.monotonic() - since < KEPT_SECONDS and not _has_news(line.sock):
                return line
            line.close()

    def _put_back(self, place: Place, line: HTTPConnection, *, lasts: bool) -> None:
        now, old = clock.monotonic(), []
        with self._lock:
            if not lasts or self._closed:
                old.append(line)
            else:
                kept = self._kept.setdefault(place, deque())
                kept.append((now, line))
                while now - kept[0][0] > KEPT_SECONDS:
                    old.append(kept.popleft()[1])
        for each in old:
            each.close()

    def _dialled(self, place: Place, seconds: float | None) -> HTTPConnection:
        line = HTTPConnection(place.host, place.port, timeout=seconds)
        if place.scheme == "https":
            line = HTTPSConnection(place.host, place.port, timeout=seconds, context=self._tls)
        try:
            line.connect()
        except TimeoutError as error:
            raise httpx.ConnectTimeout("timed out") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        return line


def _written(request: httpx.Request) -> bytes:
    """Return a request as it is sent. Raises httpx.LocalProtocolError, which does not say what it holds."""
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    head = b"\r\n".join((*lines, b"", b""))
    if not HEAD.fullmatch(head):
        raise httpx.LocalProtocolError("Illegal header value")  # the SDK knows it by these words
    return head + request.read()


def _exchanged(line: socket.socket, method: str, written: bytes) -> tuple[HTTPResponse, bytes]:
    try:
        line.sendall(written)
    except TimeoutError as error:
        raise httpx.WriteTimeout("timed out") from error
    except OSError:
        pass  # It may have answered, and hung up, before it read all of a body that is too large for it.
    answer = HTTPResponse(line, method=method)
    try:
        answer.begin()
        return answer, answer.read()
    except TimeoutError as error:
        raise httpx.ReadTimeout("timed out") from error
    except HTTPException as error:
        raise httpx.RemoteProtocolError(
            f"the answer is not HTTP/1.1 or is not whole: {error!r:.200}"
        ) from error
    except OSError as error:
        raise httpx.ReadError(str(error)) from error


def _has_news(line: socket.socket) -> bool:
    """Whether there is something to read where nothing was asked: the server has hung up, most likely."""
    news = select.poll()
    news.register(line, select.POLLIN)
    return bool(news.poll(0))
