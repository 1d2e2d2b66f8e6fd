"""Owns a running server: it starts in a thread of this process and stops when asked."""

from __future__ import annotations

import logging
import tempfile
import threading
from contextlib import contextmanager
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waitress.channel import HTTPChannel
from waitress.server import create_server

from pinecone_emulator import limits
from pinecone_emulator.backend import Backend
from pinecone_emulator.control import Control
from pinecone_emulator.server import create_app
from pinecone_emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pinecone_emulator.clock import Clock

ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "[::1]", "": "127.0.0.1"}  # noqa: S104 - what it is reached by instead
LOOP_SECONDS = 0.2
#: What is read from a socket at once; a body of a hundred vectors is more than a megabyte.
RECEIVED_BYTES = 256 * 1024
#: From how many on the thread that made an answer sends it. What is less the loop sends, in one piece: a thread that
#: sends lets go of the interpreter, for which all the others wait, and by itself it would do so for the header too.
SENT_BYTES = 16 * 1024
#: Lines that are open at once. The SDK keeps one for each index, and a plan may have more than waitress's hundred.
OPEN_LINES = 10_000


class _Line(HTTPChannel):
    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002 - waitress's name
        # A copy, because how it sends is the line's own.
        super().__init__(server, sock, addr, copy(adj), map=map)

    def service(self) -> None:
        """Serve the next request; no answer waits here for others that were sent in the same breath."""
        self.adj.send_bytes = 1 if self.total_outbufs_len else SENT_BYTES
        super().service()
        if self.requests:
            self.adj.send_bytes = 1


class Emulator:
    """A running emulator: where it is, which key and service account open it, its clock and its control."""

    def __init__(self, settings: Settings, directory: Path) -> None:
        self._backend = Backend(settings, directory)
        self._sockets: dict[int, Any] = {}
        try:
            self._server = create_server(
                create_app(self._backend),
                map=self._sockets,
                # "localhost" would be two addresses, and two sockets with ports of their own.
                host="127.0.0.1" if settings.host == "localhost" else settings.host,
                port=settings.port,
                threads=settings.threads,
                # Twice what the application takes, so that it is the one to refuse, in the right envelope.
                max_request_body_size=2 * limits.BODY_BYTES,
                inbuf_overflow=limits.BODY_BYTES,
                recv_bytes=RECEIVED_BYTES,
                connection_limit=OPEN_LINES,
                asyncore_use_poll=True,
                clear_untrusted_proxy_headers=True,
                ident=None,
            )
        except BaseException:
            self._backend.close()
            raise
        self._server.channel_class = _Line  # type: ignore[union-attr]
        self.port = int(self._server.effective_port)  # type: ignore[union-attr]
        self.url = (settings.public_url or self._own_url(settings)).rstrip("/")
        self._backend.public_url = self.url
        self.api_key = settings.api_key
        self.client_id, self.client_secret = settings.client_id, settings.client_secret
        self.oauth_url = f"{self.url}/oauth/token"
        self.control = Control(self._backend)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="pinecone-emulator", daemon=True)
        self._thread.start()

    @property
    def clock(self) -> Clock:
        """The emulator's clock; advance it through `control.advance`, which also keeps it for a restart."""
        return self._backend.clock

    def _own_url(self, settings: Settings) -> str:
        host = ANY_ADDRESS.get(settings.host, settings.host)
        return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{self.port}"

    def _serve(self) -> None:
        loop = self._server.asyncore
        while not self._stopping.is_set():
            loop.loop(timeout=LOOP_SECONDS, map=self._sockets, count=1, use_poll=True)

    def wait(self) -> None:
        """Block until the emulator is stopped."""
        self._thread.join()

    def stop(self) -> None:
        """Finish the requests in hand, close all connections and files."""
        self._stopping.set()
        self._server.pull_trigger()  # type: ignore[union-attr]
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        self._server.asyncore.close_all(self._sockets)
        self._backend.close()


@contextmanager
def start(settings: Settings | None = None, **changes: Any) -> Iterator[Emulator]:
    """Run an emulator for the length of a `with` block.

    `changes` are fields of Settings, by default on a free port with data that goes away. Raises
    DataDirectoryInUseError when another process has the data directory, OSError when the port is taken.
    """
    chosen = replace(settings or Settings(port=0), **changes)
    # Its queue warnings ("Task queue depth") say nothing a user of an emulator could act on.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="pinecone-emulator-") as temporary:
        emulator = Emulator(chosen, Path(chosen.data_dir or temporary))
        try:
            yield emulator
        finally:
            emulator.stop()
