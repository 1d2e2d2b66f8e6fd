"""Dialling: opens a guarded line to a receiver.

A host is resolved once, every address it has is judged, and a judged address is dialled; TLS still names and
verifies the host. Deadlines are the caller's: every wait here can be cancelled.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

from bridge.egress import Egress
from bridge.line import Line, LineError, Where

Resolve = Callable[[str, int], Sequence[str]]
"""Turn a host and port into its addresses; raises OSError when there are none."""


def addresses_of(host: str, port: int) -> list[str]:
    """Ask the system's resolver. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def dial(where: Where, egress: Egress, tls: ssl.SSLContext, resolve: Resolve, pool: Executor) -> Line:
    """Open a line to an address that may be called. Raises LineError."""
    loop = asyncio.get_running_loop()
    try:
        addresses = await loop.run_in_executor(pool, resolve, where.host, where.port)
    except (OSError, UnicodeError) as error:
        raise LineError("name_not_found", f"{where.host} has no address: {_said(error)}") from error
    for address in addresses:
        # All of them, not the first: a name with one public and one private address is a trap.
        refusal = egress.refusal(where.host, address, plain=where.scheme == "http")
        if refusal is not None:
            raise LineError("target_refused", refusal)
    failed = LineError("name_not_found", f"{where.host} has no address")
    for address in addresses:
        try:
            return await _open(where, address, tls)
        except LineError as error:
            failed = error
    raise failed


async def _open(where: Where, address: str, tls: ssl.SSLContext) -> Line:
    loop = asyncio.get_running_loop()
    secure = where.scheme == "https"
    try:
        _, line = await loop.create_connection(
            partial(Line, where),
            address,
            where.port,
            ssl=tls if secure else None,
            server_hostname=where.host if secure else None,
        )
    except (ssl.SSLError, ssl.CertificateError) as error:
        raise LineError("tls_failed", f"no TLS with {where.host}: {_said(error)}") from error
    except OSError as error:
        detail = f"no connection to {where.host} at {address}, port {where.port}: {_said(error)}"
        raise LineError("connection_failed", detail) from error
    return line


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)[:200] or type(error).__name__
