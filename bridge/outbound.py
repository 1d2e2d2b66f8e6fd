"""Outbound HTTP: the only sender of requests to receivers and other third parties.

A transport with httpx's API, because httpx's own pool collapses when many requests are in flight and its
timeouts are per read: here a request has one total deadline that dripping headers or bodies cannot stretch,
an answer is read up to 64 KB and never inflated, redirects are not followed, and neither proxies of the
environment nor cookies exist. Which addresses may be dialled is judged at every dial (bridge.egress).
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, NamedTuple

import httpx

from bridge import __version__, clock
from bridge.dialling import Resolve, addresses_of, dial
from bridge.egress import Egress
from bridge.line import Line, LineError, RawAnswer, StaleLineError, Where

USER_AGENT: Final = f"Pinehook/{__version__}"
EXCERPT_BYTES: Final = 4 * 1024
KEPT_SECONDS: Final = 4.0
"""How long an idle line is kept: less than what common servers keep it (5 s and more)."""
MAX_KEPT: Final = 256
RESOLVER_THREADS: Final = 32
OURS: Final = frozenset(
    (
        "accept-encoding", "connection", "content-length", "cookie", "host", "te", "transfer-encoding", "upgrade",
        "user-agent",
    )
)  # fmt: skip
"""Headers that are not the caller's to set."""
KIND: Final = ("Content-Type", "application/json")
HEAD: Final = re.compile(
    rb"[A-Z]+ [\x21-\x7e]+ HTTP/1\.1\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)+\r\n"
)
OUR_LINES: Final = 6
"""How many lines a head has beside the caller's headers, the empty one at its end included."""


class SendError(httpx.TransportError):
    """No whole answer came: `outcome` is the kind of trouble, the message says more, and holds no secret."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


class Target(NamedTuple):
    """A URL taken apart: where a line must lead, and what the request says there."""

    where: Where
    authority: str
    path: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a receiver answered: its status, the Retry-After it may have sent, and the first 4 KB as text."""

    status_code: int
    retry_after: str | None
    excerpt: str


class Outbound(httpx.AsyncBaseTransport):
    """The sender. Lives in one event loop; close it there."""

    def __init__(
        self,
        egress: Egress,
        *,
        timeout_seconds: float,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = addresses_of,
    ) -> None:
        self._egress = egress
        self._timeout_seconds = timeout_seconds
        self._tls = tls or _public_tls()
        self._resolve = resolve
        # Resolving blocks a thread for as long as a dead name server takes; others must not wait for it.
        self._resolvers = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolve")
        self._kept: OrderedDict[Where, deque[Line]] = OrderedDict()
        self._kept_count = 0

    async def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        method: str = "POST",
        began: float | None = None,
    ) -> Answer:
        """POST a JSON body, once (or PATCH it, where the method says so). Raises SendError; any status is an Answer, redirects too.

        began: when the attempt began, by `clock.monotonic`, if that was not just now; its deadline counts from there.
        """
        try:
            target = _target(url)
        except (httpx.InvalidURL, ValueError) as error:
            raise SendError("connection_failed", "the endpoint's URL is none that can be called") from error
        raw = await self._send(target.where, _request(method, target, [KIND, *headers.items()], body), began)
        retry_after = next((value.decode("latin-1") for name, value in raw.headers
                            if name == b"retry-after"), None)  # fmt: skip
        # PostgreSQL's text holds no NUL.
        excerpt = raw.body[:EXCERPT_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")
        return Answer(raw.status_code, retry_after, excerpt)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request of an httpx.AsyncClient; the answer is read, at most 64 KB of it. Raises SendError."""
        target, body = _taken_apart(request.url), await request.aread()
        given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        raw = await self._send(target.where, _request(request.method, target, given, body))
        # Without its name an encoding is not undone: what a receiver compressed stays as it is.
        shown = [(name, value) for name, value in raw.headers
                 if name not in (b"content-encoding", b"transfer-encoding", b"content-length")]  # fmt: skip
        return httpx.Response(raw.status_code, headers=shown, content=raw.body, request=request)

    async def aclose(self) -> None:
        """Hang up every kept line."""
        for lines in self._kept.values():
            for line in lines:
                line.close()
        self._kept.clear()
        self._kept_count = 0
        self._resolvers.shutdown(wait=False, cancel_futures=True)
        # An aborted transport lets go of its socket on the next turn of the loop.
        await asyncio.sleep(0)

    async def _send(self, where: Where, request: bytes, began: float | None = None) -> RawAnswer:
        # By the clock of the loop, which need not be Python's: on macOS only the one of them counts sleep.
        spent = clock.monotonic() - began if began else 0
        until = asyncio.get_running_loop().time() + self._timeout_seconds - spent
        try:
            line = self._take(where) or await self._dial(where, until)
            try:
                raw = await line.exchange(request, until)
            except StaleLineError:
                # The receiver hung up an idle line as we took it up; that is no failed attempt.
                line = await self._dial(where, until)
                raw = await line.exchange(request, until)
        except TimeoutError as error:
            detail = f"no whole answer within {self._timeout_seconds:g} seconds"
            raise SendError("timeout", detail) from error
        except LineError as error:
            raise SendError(error.trouble, str(error)) from error
        if line.open:
            self._keep(line)
        else:
            line.close()
        return raw

    def _take(self, where: Where) -> Line | None:
        lines = self._kept.get(where)
        oldest = clock.monotonic() - KEPT_SECONDS
        while lines:
            line = lines.pop()
            self._kept_count -= 1
            if line.open and line.kept_since > oldest:
                return line
            line.close()
        return None

    async def _dial(self, where: Where, until: float) -> Line:
        async with asyncio.timeout_at(until):
            return await dial(where, self._egress, self._tls, self._resolve, self._resolvers)

    def _keep(self, line: Line) -> None:
        line.kept_since = clock.monotonic()
        self._kept.setdefault(line.where, deque()).append(line)
        self._kept.move_to_end(line.where)
        self._kept_count += 1
        oldest = line.kept_since - KEPT_SECONDS
        while self._kept:
            where, lines = next(iter(self._kept.items()))
            if lines and lines[0].kept_since > oldest and self._kept_count <= MAX_KEPT:
                break
            if lines:
                lines.popleft().close()
                self._kept_count -= 1
            if not lines:
                del self._kept[where]


@cache
def _public_tls() -> ssl.SSLContext:
    # Kept: reading the certificate authorities takes longer than many an attempt.
    return httpx.create_ssl_context(trust_env=False)


@lru_cache(maxsize=4096)
def _target(url: str) -> Target:
    # Kept: an endpoint's URL is taken apart once, not at every attempt.
    return _taken_apart(httpx.URL(url))


def _taken_apart(url: httpx.URL) -> Target:
    port = url.port or (443 if url.scheme == "https" else 80)
    where = Where(url.scheme, url.raw_host.decode("ascii"), port)
    return Target(where, url.netloc.decode("ascii"), url.raw_path.decode("ascii"))


def _request(method: str, target: Target, given: Iterable[tuple[str, str]], body: bytes) -> bytes:
    """Write a request. Raises ValueError for what would not stay in its line of the head."""
    lines = [f"{name}: {value}\r\n" for name, value in given if name.lower() not in OURS]
    head = (
        f"{method} {target.path} HTTP/1.1\r\nHost: {target.authority}\r\nUser-Agent: {USER_AGENT}\r\n"
        f"Accept-Encoding: identity\r\nContent-Length: {len(body)}\r\n{''.join(lines)}\r\n"
    ).encode("latin-1")
    if head.count(b"\n") != OUR_LINES + len(lines) or not HEAD.fullmatch(head):
        raise ValueError("a header has characters in it that cannot be sent")
    return head + body
