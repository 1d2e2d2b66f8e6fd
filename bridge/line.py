"""The line: an open connection to a receiver, and one HTTP/1.1 exchange at a time over it.

Whatever the receiver sends is read up to a cap, and nothing is inflated or followed. Deadlines are the
caller's: the one wait here can be cancelled, and a line that was cancelled or spoilt is closed.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final, Literal, NamedTuple

import httptools

MAX_ANSWER_BYTES: Final = 64 * 1024
VERSIONS: Final = frozenset({"1.0", "1.1"})

Trouble = Literal[
    "target_refused", "name_not_found", "connection_failed", "tls_failed", "connection_lost", "not_http"
]


class LineError(Exception):
    """No exchange was had; `trouble` is the kind of it and the message says more."""

    def __init__(self, trouble: Trouble, detail: str) -> None:
        super().__init__(detail)
        self.trouble: Trouble = trouble


class StaleLineError(LineError):
    """The receiver had closed a kept line before it answered a single byte: worth another line."""


class Where(NamedTuple):
    """What a line leads to."""

    scheme: str
    host: str
    port: int


class RawAnswer(NamedTuple):
    """What came back, the names of its headers in lower case. `whole` is False when reading stopped at the cap."""

    status_code: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    whole: bool


class Line(asyncio.Protocol):
    """An open connection. `kept_since`: for whoever keeps it between two exchanges."""

    def __init__(self, where: Where) -> None:
        self.where = where
        self.kept_since = 0.0
        self._transport: asyncio.Transport
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[RawAnswer] | None = None
        self._exchanges = 0
        self._received = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []
        self._status_code = 0
        self._bare = False
        self._spoke_first = False
        # Whether the receiver keeps the line after its answer, and has said no word too many.
        self._lasts = True

    @property
    def open(self) -> bool:
        """Whether another exchange can be had over it, as far as this side knows."""
        if not self._lasts or self._transport.is_closing():
            return False
        # What is still to be written belongs to a request that was answered before it was read; before the first
        # request it is the last word of TLS.
        return not (self._exchanges and self._transport.get_write_buffer_size())

    def close(self) -> None:
        """Hang up at once; waiting for TLS to say goodbye would be waiting for the receiver."""
        self._lasts = False
        self._transport.abort()

    async def exchange(self, request: bytes, until: float) -> RawAnswer:
        """Send a request and read its answer, up to the cap. The line is closed after whatever is raised.

        until: the deadline, by the loop's clock. Raises LineError, and TimeoutError at the deadline.
        """
        if self._spoke_first:
            raise LineError("not_http", "it spoke before it was asked")
        still_open = self.open
        self._exchanges += 1
        self._received = self._status_code = 0
        self._headers, self._parts = [], []
        # An answer to HEAD tells the length of a body that does not follow.
        self._bare = request.startswith(b"HEAD ")
        loop = asyncio.get_running_loop()
        self._answer = loop.create_future()
        # Much cheaper than asyncio.timeout(), and nothing but the answer is waited for here.
        deadline = loop.call_at(until, self._fail, TimeoutError())
        if loop.time() >= until:
            # This process was halted on the way here: by now the request may be another's to send.
            self._fail(TimeoutError())
        elif still_open:
            # Not drained: the answer may come, and the receiver hang up, before it has read all of a body.
            self._transport.write(request)
        else:
            self._fail(self._lost("it is closed"))
        try:
            return await self._answer
        except BaseException:
            self.close()
            raise
        finally:
            deadline.cancel()
            self._answer = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take up the connection (asyncio)."""
        self._transport = transport  # type: ignore[assignment]  # TCP's transports write, too

    def data_received(self, data: bytes) -> None:
        """Read on (asyncio)."""
        if self._answer is None or self._answer.done():
            # An answer to nothing.
            self._spoke_first = not self._exchanges
            self.close()
            return
        room = MAX_ANSWER_BYTES - self._received
        self._received += len(data)
        try:
            self._parser.feed_data(data if len(data) <= room else data[:room])
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(
                LineError("not_http", f"the answer is not HTTP/1.1 or is not whole: {str(error)[:200]}")
            )
        if len(data) >= room:
            self._end(whole=False)

    def eof_received(self) -> None:
        """Note that the receiver has said all it will (asyncio)."""
        self._lasts = False
        if self._status_code and self._ends_with_the_line():
            self._end(whole=True)
        elif self._received:
            self._fail(
                LineError("not_http", "the answer is not HTTP/1.1 or is not whole: the line was closed")
            )
        else:
            self._fail(self._lost("the line was closed without an answer"))

    def connection_lost(self, exc: Exception | None) -> None:
        """Note that the connection is gone (asyncio)."""
        self._lasts = False
        said = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc or "it was closed")
        self._fail(self._lost(said[:200]))

    def on_message_begin(self) -> None:
        """Begin an answer (httptools)."""
        if self._answer is None or self._answer.done():
            self._lasts = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header (httptools)."""
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head of an answer (httptools)."""
        self._status_code = self._parser.get_status_code()
        version = self._parser.get_http_version()
        if version not in VERSIONS or self._status_code < HTTPStatus.CONTINUE:
            self._fail(LineError("not_http", f"the answer is HTTP/{version} {self._status_code}"))
        elif self._bare and self._status_code >= HTTPStatus.OK:
            self._lasts = False
            self._end(whole=True)

    def on_body(self, body: bytes) -> None:
        """Take a piece of the answer's body (httptools)."""
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """End the answer, unless it only announces another (httptools)."""
        if self._status_code >= HTTPStatus.OK:
            self._lasts = self._lasts and self._parser.should_keep_alive()
            self._end(whole=True)
        elif self._status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._fail(LineError("not_http", "the answer is of another protocol"))
        self._headers = []
        self._status_code = 0

    def _ends_with_the_line(self) -> bool:
        """Whether the body of this answer has no other end than that of the line (RFC 9112, 6.3)."""
        said = dict(self._headers)
        chunked = said.get(b"transfer-encoding", b"").lower().endswith(b"chunked")
        return not (chunked or b"content-length" in said)

    def _end(self, *, whole: bool) -> None:
        if not whole:
            self._lasts = False
            if not self._status_code:
                self._fail(LineError("not_http", f"no answer in {self._received} bytes"))
        if self._answer is not None and not self._answer.done():
            body = b"".join(self._parts)
            self._answer.set_result(RawAnswer(self._status_code, self._headers, body, whole))

    def _fail(self, error: LineError | TimeoutError) -> None:
        self._lasts = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _lost(self, said: str) -> LineError:
        kind = StaleLineError if self._exchanges > 1 and not self._received else LineError
        return kind("connection_lost", f"the connection to {self.where.host} broke off: {said}")
