"""Embedding: has a provider turn texts into vectors, and is the HTTP sender that providers are given.

Calls go to hosts that the operator named, so no target is judged here. Embedding changes nothing: what may pass
(429, 5xx, a broken line) is tried again, briefly, because someone waits for the answer.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import httpx
import orjson

from bridge import __version__, clock, errors
from bridge.config import Settings
from bridge.errors import Fault
from bridge.plugin import JSON
from bridge.registry import EmbedderPlugin

if TYPE_CHECKING:
    from pinecone import Pinecone

ATTEMPTS: Final = 3
MAX_WAIT_SECONDS: Final = 5.0
"""A provider that asks for a longer wait is told to the caller instead of waited for."""
TIMEOUT_SECONDS: Final = 30.0
MAX_BYTES: Final = 64 * 1024 * 1024
TOO_MANY: Final = 429
FAILED: Final = 500


@dataclass(frozen=True, slots=True)
class _Answer:
    status_code: int
    retry_after: float | None
    body: bytes


class Embedding:
    """The providers and one HTTP client for all of them; safe to share between threads."""

    def __init__(self, settings: Settings, embedders: Mapping[str, EmbedderPlugin]) -> None:
        self._settings = settings
        self._embedders = embedders
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._closing = threading.Event()

    def embed(self, pinecone: Pinecone, texts: Sequence[str], spec: JSON) -> list[list[float]]:
        """Return one dense vector for each text. Raises InvalidInput and the Provider errors."""
        embedder = self._embedders.get(spec["provider"])
        if embedder is None:
            fault = Fault("/embed/provider", f"must be one of: {', '.join(self._embedders)}")
            raise errors.InvalidInput(f"{fault.pointer} {fault.message}; nothing was sent", errors=(fault,))
        if not texts:
            return []
        model, kind = spec.get("model") or embedder.default_model, spec.get("input_type", "document")
        try:
            vectors = embedder.embed(Sending(self, pinecone), texts, model, kind, spec.get("dimension"))
            lengths = {len(vector) for vector in vectors}
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise errors.ProviderFailed(f"{embedder.name} gave an answer of another shape") from error
        if len(vectors) != len(texts) or len(lengths) != 1 or 0 in lengths:
            told = f"{embedder.name} gave {len(vectors)} vectors for {len(texts)} texts, of {len(lengths)} lengths"
            raise errors.ProviderFailed(told)
        return vectors

    def close(self) -> None:
        """Hang up; whoever waits to try again gives up."""
        self._closing.set()
        if self._client:
            self._client.close()

    def setting(self, name: str) -> str | None:
        """Return the setting PINEHOOK_<name>, None when it is not set."""
        return self._settings.of_provider(name)

    def post(self, url: str, body: JSON, headers: Mapping[str, str]) -> JSON:
        """POST JSON; return the JSON object of a 2xx answer. Raises the Provider errors."""
        host = httpx.URL(url).host
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._once(url, body, headers)
            except httpx.HTTPError as error:
                wait, problem = 0.2 * attempt, _unreachable(host, error)
            else:
                if answer.status_code // 100 == 2:  # noqa: PLR2004 - 2xx
                    return _object(host, answer.body)
                wait, problem = answer.retry_after or 0.2 * attempt, _problem(host, answer)
            if not problem.retryable or attempt == ATTEMPTS or wait > MAX_WAIT_SECONDS:
                raise problem
            if self._closing.wait(wait):
                raise problem
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, body: JSON, headers: Mapping[str, str]) -> _Answer:
        deadline = clock.monotonic() + TIMEOUT_SECONDS
        sent = {"Content-Type": "application/json", **headers}
        with self._sender().stream("POST", url, content=orjson.dumps(body), headers=sent) as response:
            read = bytearray()
            for piece in response.iter_bytes():
                read += piece
                if len(read) > MAX_BYTES or clock.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer is too large or too slow")
            after = response.headers.get("Retry-After", "")
        return _Answer(response.status_code, float(after) if after.isdigit() else None, bytes(read))

    def _sender(self) -> httpx.Client:
        with self._lock:  # made when it is first needed: most bridges never embed over HTTP
            if self._client is None:
                agent = {"User-Agent": f"Pinehook/{__version__}"}
                self._client = httpx.Client(timeout=TIMEOUT_SECONDS, headers=agent, trust_env=False)
            return self._client


@dataclass(frozen=True, slots=True)
class Sending:
    """What an embedder is given: see bridge.plugin.Outbound."""

    embedding: Embedding
    pinecone: Pinecone

    def setting(self, name: str) -> str | None:
        """Return the setting PINEHOOK_<name>, None when it is not set."""
        return self.embedding.setting(name)

    def need(self, name: str) -> str:
        """Return the setting PINEHOOK_<name>. Raises ProviderUnauthorized."""
        if value := self.embedding.setting(name):
            return value
        raise errors.ProviderUnauthorized(f"PINEHOOK_{name} is not set; nothing was sent")

    def post(self, url: str, body: JSON, headers: Mapping[str, str]) -> JSON:
        """POST JSON; return the JSON object of a 2xx answer. Raises the Provider errors."""
        return self.embedding.post(url, body, headers)


def _unreachable(host: str, error: httpx.HTTPError) -> errors.PinehookError:
    slow = isinstance(error, httpx.TimeoutException)
    told = "did not answer in time" if slow else "cannot be reached"
    return errors.ProviderUnreachable(f"{host} {told}; nothing was written", retry_after_seconds=5)


def _problem(host: str, answer: _Answer) -> errors.PinehookError:
    status = answer.status_code
    if status in (401, 403):
        return errors.ProviderUnauthorized(f"{host} refused the key; set one that it takes")
    kind: type[errors.PinehookError] = errors.ProviderRejected
    if status == TOO_MANY:
        kind = errors.ProviderRateLimited
    elif status >= FAILED or status // 100 == 3:  # noqa: PLR2004 - a redirect is no answer
        kind = errors.ProviderFailed
    wait = max(1, round(answer.retry_after or 1)) if status == TOO_MANY else None
    return kind(f"{host} answered {status}: {_said(answer.body)}", retry_after_seconds=wait)


def _said(body: bytes) -> str:
    """Find the sentence in an error's body, wherever this provider puts it."""
    try:
        told: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        told = body.decode("utf-8", "replace")
    while isinstance(told, dict):
        told = next(
            (told[name] for name in ("detail", "message", "error") if name in told), "no reason given"
        )
    return str(told)[:300]


def _object(host: str, body: bytes) -> JSON:
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise errors.ProviderFailed(f"{host} gave an answer that is not JSON") from error
    if not isinstance(answer, dict):
        raise errors.ProviderFailed(f"{host} gave an answer that is no JSON object")
    return cast("JSON", answer)
