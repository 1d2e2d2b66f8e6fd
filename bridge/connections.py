"""The connections: sealed keys become pooled clients of the official SDK; the only owner of `pinecone`.

Every client is made with a time limit and never waits for a state to be reached. Clients live as long as
the connection they belong to is unchanged, are shared between threads, and are closed when it changes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, ParamSpec, TypeVar

import pinecone
from pinecone import Admin, Index, Pinecone
from pinecone import errors as sdk
from pinecone.models.indexes.index import IndexModel
from sqlalchemy import Table, bindparam

from bridge import clock, errors, models
from bridge.batches import batches
from bridge.config import Settings
from bridge.db import Database
from bridge.embedding import Embedding
from bridge.errors import PinehookError
from bridge.plugin import JSON, Snapshot
from bridge.progress import Progress
from bridge.turns import Turns, count_call
from bridge.vault import Vault

P = ParamSpec("P")
T = TypeVar("T")
Client = TypeVar("Client", Pinecone, Index, Admin)
DESCRIPTION_SECONDS: Final = 60
TABLE: Final[Table] = models.Connection.__table__  # type: ignore[attr-defined]  # SQLModel does not declare it
BY_ID: Final = TABLE.select().where(TABLE.c.id == bindparam("id"))
PINECONE_HOST: Final = "https://api.pinecone.io"
SDK_VERSION: Final[str] = pinecone.__version__


@dataclass(slots=True)
class _Clients:
    """The clients of one connection at one moment of its settings."""

    stamp: object
    pinecone: Pinecone
    embedding: Embedding
    open_admin: Callable[[], Admin]
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
        progress: Progress | None = None,
        turns: Turns | None = None,
    ) -> None:
        self._clients = clients
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
            index = _counted(self._clients.pinecone.index(host=host))
            self._clients.indexes[name] = (host, index)
        if known:  # recreated: the index has another host
            known[1].close()
        return index

    def now(self) -> datetime:
        """Return the present moment, UTC."""
        return clock.now()

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

    def batches(self, vectors: Sequence[JSON]) -> Iterator[list[JSON]]:
        """Cut vectors into requests that Pinecone accepts."""
        return batches(vectors)

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

    def context(
        self,
        connection_id: str,
        progress: Progress | None = None,
        turns: Turns | None = None,
    ) -> PineconeContext:
        """Return the context of a connection, for a run with its progress or a look with its turns.

        Raises UnknownConnection.
        """
        row: models.Connection | None = self._database.lookup(BY_ID, id=connection_id)
        if row is None:
            raise errors.UnknownConnection(f"there is no connection {connection_id!r}")
        return PineconeContext(self._clients(row), progress, turns)

    def open(self, host: str, api_key: str) -> Pinecone:
        """Return a client for a key that is not stored yet; the caller closes it."""
        client = Pinecone(
            api_key=api_key,
            host=host,
            timeout=self._settings.pinecone_timeout_seconds,
            source_tag="pinehook",
            # Without TLS there is nothing to verify, and loading the certificates costs 50 ms a client.
            ssl_verify=not host.startswith("http://"),
        )
        return _counted(client)

    def forget_index(self, connection_id: str, name: str) -> None:
        """Drop what is remembered of an index: it was deleted, or has answered that it is not there."""
        if clients := self._pool.get(connection_id):
            clients.descriptions.pop(name, None)

    def forget(self, connection_id: str) -> None:
        """Close the clients of a connection that was removed."""
        with self._lock:
            clients = self._pool.pop(connection_id, None)
        if clients:
            clients.close()

    def close(self) -> None:
        """Close every client."""
        for connection_id in list(self._pool):
            self.forget(connection_id)
        self._embedding.close()

    def explain(self, error: Exception) -> PinehookError:
        """Return the problem that an exception of the SDK means; anything unknown is an InternalError."""
        return explain(error)

    def _open_admin(self, row: models.Connection) -> Admin:
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
        return _counted(client)

    def _clients(self, row: models.Connection) -> _Clients:
        stamp = (row.host, row.sealed_api_key, row.sealed_client_id, row.sealed_client_secret)
        with self._lock:
            known = self._pool.get(row.id)
            if known and known.stamp == stamp:
                return known
            client = self.open(row.host, self._vault.open(row.sealed_api_key))
            clients = _Clients(stamp, client, self._embedding, lambda: self._open_admin(row))
            self._pool[row.id] = clients
        if known:
            known.close()
        return clients


def _counted(client: Client) -> Client:
    """Have each call of a client counted; the SDK has no hook of its own for that, but httpx below it has."""
    client._http._client.event_hooks["request"].append(count_call)  # noqa: SLF001 - see above
    return client


BY_STATUS: Final[dict[int, type[PinehookError]]] = {
    400: errors.PineconeRejected,
    401: errors.PineconeUnauthorized,
    402: errors.PineconePaymentRequired,
    403: errors.PineconeForbidden,
    404: errors.PineconeNotFound,
    409: errors.PineconeConflict,
    412: errors.PineconeFailedPrecondition,
    413: errors.PineconePayloadTooLarge,
    422: errors.PineconeRejected,
    429: errors.PineconeRateLimited,
    501: errors.NotSupported,
}


def explain(error: Exception) -> PinehookError:
    """Return the problem that an exception means (docs/errors.md); what is unknown is an InternalError."""
    problem: PinehookError
    match error:
        case PinehookError():
            problem = error
        case sdk.ApiError():
            kind = BY_STATUS.get(error.status_code, errors.PineconeFailed)
            wait = getattr(error, "retry_after", None)
            problem = kind(_said(error), retry_after_seconds=_seconds(wait, kind))
        case sdk.PineconeTimeoutError():
            problem = errors.PineconeTimeout("Pinecone did not answer in time; look before you ask again")
        case sdk.PineconeConnectionError():
            told = "no connection to Pinecone could be made; check the connection's host, and that the emulator runs if it is one"
            problem = errors.PineconeUnreachable(told, retry_after_seconds=5)
        case sdk.PineconeValueError() | sdk.PineconeTypeError():
            problem = errors.PineconeRejected(_cut(str(error)))
        case sdk.ResponseParsingError():
            problem = errors.PineconeFailed("Pinecone's answer could not be read by this version of its SDK")
        case sdk.PineconeError():
            problem = errors.PineconeFailed(_cut(str(error)))
        case _:
            problem = errors.InternalError("something went wrong inside the bridge; its log has the cause")
    if notes := getattr(error, "__notes__", ()):  # what an action adds: how much was done before it
        problem.detail = "; ".join((problem.detail, *notes))
    return problem


def _said(error: sdk.ApiError) -> str:
    if error.status_code == 401:  # noqa: PLR2004
        told = "Pinecone refused the credentials of this connection (its API key, or its service account)"
        return f"{told}; give the connection valid ones"
    return _cut(f"Pinecone answered {error.status_code}: {error.message}")


def _seconds(wait: float | None, kind: type[PinehookError]) -> int | None:
    if wait is not None:
        return max(1, round(wait))
    return 1 if kind is errors.PineconeRateLimited else None


def _cut(text: str) -> str:
    return text if len(text) <= 500 else text[:499] + "…"  # noqa: PLR2004
