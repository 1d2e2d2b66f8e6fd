"""The connections: sealed keys become pooled clients of the official SDK; the only owner of its clients.

Every client is made with a time limit and never waits for a state to be reached. Clients live as long as
the connection they belong to is unchanged, are shared between threads, and are closed when it changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Final, ParamSpec, TypeVar

from pinecone import Admin, Index, Pinecone, RetryConfig
from pinecone import errors as sdk
from pinecone.models.indexes.index import IndexModel

from bridge import clock, decoding, errors, files
from bridge.batches import batches
from bridge.config import Settings
from bridge.db import Database
from bridge.embedding import Embedding
from bridge.errors import PinehookError
from bridge.explaining import explain
from bridge.plugin import JSON, Snapshot
from bridge.progress import Progress
from bridge.sealed import Sealed
from bridge.transport import Transport
from bridge.turns import Turns
from bridge.vault import Vault

P = ParamSpec("P")
T = TypeVar("T")
Client = TypeVar("Client", Pinecone, Index, Admin)
DESCRIPTION_SECONDS: Final = 60
LONGEST_PAUSE_SECONDS: Final = 5.0
"""Between two attempts of one call: who asks for a longer wait is told to the caller, and no thread sleeps meanwhile."""
PINECONE_HOST: Final = "https://api.pinecone.io"
ONCE: Final = " once"
"""What is added to the id of a connection for its clients that send nothing twice."""


@dataclass(slots=True)
class _Clients:
    """The clients of one connection at one moment of its settings."""

    stamp: object
    pinecone: Pinecone
    embedding: Embedding
    open_admin: Callable[[], Admin]
    open_index: Callable[[str], Index]
    admin: Admin | None = None
    indexes: dict[str, tuple[str, Index]] = field(default_factory=dict)
    descriptions: dict[str, tuple[float, IndexModel]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        for _, index in self.indexes.values():
            index.close()
        if self.admin:
            self.admin.close()
        self.pinecone.close()


class PineconeContext:
    """What a plug-in is given: see bridge.plugin.Context."""

    def __init__(
        self,
        clients: _Clients,
        database: Database,
        progress: Progress | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._clients = clients
        self._database = database
        self._progress = progress
        self._turns = turns or Turns()

    @property
    def pinecone(self) -> Pinecone:
        """The SDK client of this connection."""
        return self._clients.pinecone

    @property
    def admin(self) -> Admin:
        """The admin client of this connection's service account. Raises NoServiceAccount."""
        with self._clients.lock:
            if self._clients.admin is None:  # made when it is first needed: it asks for a token at once
                self._clients.admin = self._clients.open_admin()
            return self._clients.admin

    def call(
        self, method: str, path: str, index: str | None = None, query: JSON | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        """Make one call of Pinecone's API as it is; the SDK sends it, so that keys and errors are as ever."""
        http = (self.index(index) if index else self._clients.pinecone)._http  # noqa: SLF001 - it has no such call
        given: JSON = {"params": query} if query else {}
        if body is not None:
            given["json"] = body
        answer = getattr(http, method.lower())(path, **given)
        return answer.status_code, answer.content

    def embed(self, texts: Sequence[str], spec: JSON) -> list[list[float]]:
        """Turn texts into dense vectors as an `embed` block says."""
        return self._clients.embedding.embed(self._clients.pinecone, texts, spec)

    def describe_index(self, name: str) -> IndexModel:
        """Return an index's description, at most a minute old. Raises the SDK's NotFoundError."""
        known = self._clients.descriptions.get(name)
        if known and clock.monotonic() - known[0] < DESCRIPTION_SECONDS:
            return known[1]
        model = self._clients.pinecone.indexes.describe(name)
        self._clients.descriptions[name] = (clock.monotonic(), model)
        return model

    def index(self, name: str, host: str | None = None) -> Index:
        """Return the pooled data-plane client of an index. Raises the SDK's NotFoundError."""
        host = host or str(self.describe_index(name).host)
        with self._clients.lock:
            known = self._clients.indexes.get(name)
            if known and known[0] == host:
                return known[1]
            index = self._clients.open_index(host)
            self._clients.indexes[name] = (host, index)
        if known:  # recreated: the index has another host
            known[1].close()
        return index

    def now(self) -> datetime:
        """Return the present moment, UTC: for a look by the database's clock, so that workers' may differ."""
        return clock.now() + self._turns.ahead

    def find(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Make one call; None when Pinecone says there is no such thing."""
        try:
            return call(*args, **kwargs)
        except sdk.NotFoundError:
            return None

    @property
    def calls_left(self) -> int:
        """How many more calls this look should make, at least 1."""
        return max(1, self._turns.meter.left)

    def in_turn(
        self, parts: Iterable[str], look: Callable[[str], Snapshot | None], urgent: Container[str] = ()
    ) -> dict[str, Snapshot]:
        """Look at the parts whose turn it is, while the budget lasts."""
        return self._turns.take(parts, look, urgent, explain)

    def batches(self, vectors: Sequence[JSON]) -> Iterator[list[Any]]:
        """Cut vectors into requests that Pinecone accepts."""
        return batches(vectors)

    def open(self, file_id: str) -> BinaryIO:
        """Open an uploaded file for reading."""
        return files.opened(self._database, file_id)

    @property
    def place(self) -> JSON | None:
        """What was last reported as the place of this run."""
        return self._progress.place if self._progress else None

    def report(self, done: int, total: int | None, errors: int = 0, place: JSON | None = None) -> None:
        """Tell how far a run is. Raises Stopped when it is to go no further."""
        if self._progress:
            self._progress.report(done, total, errors, place)

    def pause(self, seconds: float) -> None:
        """Wait. Raises Stopped when the run is to go no further."""
        if self._progress:
            self._progress.pause(seconds)
        else:
            time.sleep(seconds)


class Connections:
    """The pool: at most one set of clients for each connection."""

    def __init__(self, settings: Settings, database: Database, vault: Vault, embedding: Embedding) -> None:
        self._settings = settings
        self._embedding = embedding
        self._database = database
        self._vault = vault
        self._pool: dict[str, _Clients] = {}
        self._lock = threading.Lock()
        decoding.prepare()

    def context(
        self,
        connection: Sealed,
        progress: Progress | None = None,
        turns: Turns | None = None,
        *,
        once: bool = False,
    ) -> PineconeContext:
        """Return the context of a connection, for a run with its progress or a look with its turns.

        once: nothing is sent a second time by itself.
        """
        return PineconeContext(self._clients(connection, once=once), self._database, progress, turns)

    def open(self, host: str, api_key: str) -> Pinecone:
        """Return a client for a key that is not stored yet; the caller closes it."""
        client = Pinecone(
            api_key=api_key,
            host=host,
            timeout=self._settings.pinecone_timeout_seconds,
            retry_config=RetryConfig(
                max_retries=self._settings.pinecone_retries, max_wait=LONGEST_PAUSE_SECONDS
            ),
            source_tag="pinehook",
            # Without TLS there is nothing to verify, and loading the certificates costs 50 ms a client.
            ssl_verify=not host.startswith("http://"),
        )
        return _carried(client)

    def forget_index(self, connection_id: str, name: str) -> None:
        """Drop what is remembered of an index: it was deleted, or has answered that it is not there."""
        for key in (connection_id, connection_id + ONCE):
            if clients := self._pool.get(key):
                clients.descriptions.pop(name, None)

    def forget(self, connection_id: str) -> None:
        """Close the clients of a connection that was removed."""
        with self._lock:
            dropped = [self._pool.pop(key, None) for key in (connection_id, connection_id + ONCE)]
        for clients in dropped:
            if clients:
                clients.close()

    def close(self) -> None:
        """Close every client."""
        for key in list(self._pool):
            self.forget(key.removesuffix(ONCE))
        self._embedding.close()

    def explain(self, error: Exception) -> PinehookError:
        """Return the problem that an exception of the SDK means."""
        return explain(error)

    def _open_admin(self, row: Sealed) -> Admin:
        if row.sealed_client_id is None or row.sealed_client_secret is None:
            told = f"the connection {row.name!r} has no service account; projects and API keys need one"
            raise errors.NoServiceAccount(told)
        # Elsewhere than at Pinecone itself, tokens are given out by the control plane.
        tokens = None if row.host == PINECONE_HOST else f"{row.host}/oauth/token"
        client = Admin(
            client_id=self._vault.open(row.sealed_client_id),
            client_secret=self._vault.open(row.sealed_client_secret),
            host=row.host,
            ssl_verify=not row.host.startswith("http://"),
            source_tag="pinehook",
            oauth_url=tokens,
        )
        return _carried(client)

    def _clients(self, row: Sealed, *, once: bool) -> _Clients:
        stamp = (row.host, row.sealed_api_key, row.sealed_client_id, row.sealed_client_secret)
        key = row.id + ONCE if once else row.id
        prepared = _unretried if once else _as_it_is
        with self._lock:
            known = self._pool.get(key)
            if known and known.stamp == stamp:
                return known
            client = prepared(self.open(row.host, self._vault.open(row.sealed_api_key)))
            opening = (
                lambda: prepared(self._open_admin(row)),
                lambda host: prepared(_carried(client.index(host=host))),
            )
            clients = _Clients(stamp, client, self._embedding, *opening)
            self._pool[key] = clients
        if known:
            known.close()
        return clients


def _as_it_is(client: Client) -> Client:
    return client


def _unretried(client: Client) -> Client:
    """Have a client send nothing twice; the SDK's Admin takes no such wish, so both are given it the same way."""
    client._http._client._transport._config = RetryConfig(max_retries=0)  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    return client


def _carried(client: Client) -> Client:
    """Have our transport carry what a client sends, over TLS as the SDK would have it, and count it."""
    retrying = client._http._client._transport  # noqa: SLF001 - it has no way to be given one
    theirs = retrying._transport  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    retrying._transport = Transport(theirs._pool._ssl_context)  # type: ignore[attr-defined]  # noqa: SLF001 - see above
    theirs.close()
    return client
