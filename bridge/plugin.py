"""The plug-in contract: everything a plug-in is given, and all it may return.

An action is a module in `actions/` with `run(context, input) -> output` and a schema of the same stem in
`schemas/actions/`. A trigger is a module in `triggers/` with `EVENTS`, `snapshot()` (the only I/O) and
`diff()` (pure), one schema for each event type in `schemas/events/` and one for its options in
`schemas/watches/`. An embedder is a module in `embedders/` with `embed()` and DEFAULT_MODEL. Plug-ins import
this module and `bridge.errors`, and nothing else of ours.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from pinecone import Admin, Index, Pinecone
    from pinecone.models.indexes.index import IndexModel

JSON = dict[str, Any]
"""A JSON object: the input and output of actions, the body of resources, the data of events."""


@dataclass(frozen=True, slots=True)
class Written:
    """The numbers of a vector as JSON text, a list, which is sent as it is.

    What makes Python's floats of 768 numbers takes three times as long as what reads them, and so does what writes
    them again.
    """

    text: bytes
    count: int

    def __len__(self) -> int:
        """Return how many numbers it has."""
        return self.count


Numbers = Sequence[float] | Written
"""A vector's values."""

P = ParamSpec("P")
T = TypeVar("T")


class Context(Protocol):
    """What a plug-in may ask of the bridge; it hides who called, where keys live and which backend answers.

    Exceptions of the SDK may be left to rise: the bridge turns them into problems (docs/errors.md).
    """

    @property
    def pinecone(self) -> Pinecone:
        """The official SDK client of this connection. Never let it wait: pass `timeout=-1`."""

    def index(self, name: str, host: str | None = None) -> Index:
        """Return the pooled data-plane client of an index; whoever knows its host saves a call.

        Raises NotFound when Pinecone has no such index.
        """

    def describe_index(self, name: str) -> IndexModel:
        """Return an index's description, at most a minute old: for what hardly changes, like its dimension.

        Raises NotFound when Pinecone has no such index.
        """

    @property
    def admin(self) -> Admin:
        """The official SDK's admin client of this connection's service account.

        Raises NoServiceAccount when the connection has none.
        """

    def call(
        self, method: str, path: str, index: str | None = None, query: JSON | None = None, body: Any = None
    ) -> tuple[int, bytes]:
        """Make one call of Pinecone's API as it is, of an index's own API where one is named.

        method: GET, POST, PATCH or DELETE; a DELETE has no body. Returns the status and the bytes that
        were answered. Raises the SDK's errors.
        """

    def embed(self, texts: Sequence[str], spec: JSON) -> list[list[float]]:
        """Turn texts into dense vectors as an `embed` block (schemas/common/embed.json) says, in order.

        Raises InvalidInput for an unknown provider, and the Provider errors.
        """

    def now(self) -> datetime:
        """Return the present moment, UTC: what a snapshot says of itself as `observed_at`."""

    def find(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Make one call of the SDK; return its answer, or None when Pinecone says there is no such thing."""

    @property
    def calls_left(self) -> int:
        """How many more calls this look should make, at least 1: the connection has a budget."""

    def in_turn(
        self, parts: Iterable[str], look: Callable[[str], Snapshot | None], urgent: Container[str] = ()
    ) -> dict[str, Snapshot]:
        """Look at those parts (an index's host, say) whose turn it is, while the budget lasts.

        The least recently looked at comes first; one is due once in the watch's interval, an urgent one at
        every look. None is for a part that cannot be looked at now; one that fails is left out and told in the
        watch; raises only when nothing was seen. The first look at each part that was there when the watch
        began is silent like the watch's own.
        """

    def open(self, file_id: str) -> BinaryIO:
        """Open an uploaded file for reading and seeking; in memory there is never more than a chunk of it.

        Raises InvalidInput when its day is over.
        """

    @property
    def place(self) -> JSON | None:
        """Where an earlier attempt of this run left off, as it was last reported; None at the first."""

    def report(self, done: int, total: int | None, errors: int = 0, place: JSON | None = None) -> None:
        """Tell how far a run is; here it ends when it was cancelled or its process is to stop.

        total: None = nobody knows. place: what the next attempt goes on from, if this one is lost. An action
        that gives a place promises that what lies after it may be done again.
        """

    def pause(self, seconds: float) -> None:
        """Wait some seconds; the run may end here as at a report.

        Where a place was given nobody is kept waiting: the run rests, and goes on from there.
        """

    def batches(self, vectors: Sequence[JSON]) -> Iterator[list[Any]]:
        """Cut vectors into requests that Pinecone accepts: at most 1,000 vectors and 2 MB each, in order.

        Their `values` may be Written; what is returned is for the SDK.
        """


class Action(Protocol):
    """A module in `actions/`; one that deletes also has `preview(context, input)`, see bridge.asking.

    One that makes what Pinecone would make twice also has `look(context, input)`: what is there of what it
    makes, by id, each as its output; see bridge.once. One whose inputs do not all need the same scope has
    `needs(input)`: the scope that this one needs beside the action's own.
    """

    def run(self, context: Context, input: JSON) -> JSON:  # noqa: A002 - the contract's own word
        """Perform the action on an input that fits its schema; return an output that fits its schema."""


class Outbound(Protocol):
    """What an embedder is given: the connection's client, its settings, and HTTP."""

    @property
    def pinecone(self) -> Pinecone:
        """The official SDK client of the connection."""

    def setting(self, name: str) -> str | None:
        """Return the setting PINEHOOK_<name>, None when it is not set."""

    def need(self, name: str) -> str:
        """Return the setting PINEHOOK_<name>. Raises ProviderUnauthorized when it is not set."""

    def post(self, url: str, body: JSON, headers: Mapping[str, str]) -> JSON:
        """POST JSON and return the JSON object of a 2xx answer; what may pass is tried again.

        Raises ProviderUnauthorized, ProviderRejected, ProviderRateLimited, ProviderFailed, ProviderUnreachable.
        """


class Embedder(Protocol):
    """A module in `embedders/`. DEFAULT_MODEL: what is taken when an `embed` block names no model."""

    DEFAULT_MODEL: str

    def embed(
        self, outbound: Outbound, texts: Sequence[str], model: str, input_type: str, dimension: int | None
    ) -> list[list[float]]:
        """Return one dense vector for each text, in order.

        input_type: "document" or "query". dimension: the length wanted, None = the model's own.
        """


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing seen in Pinecone.

    key: the name people know it by (an index's name, a backup's id).
    life: what tells one existence from the next under the same key (an index's host, a backup's id).
    status: Pinecone's word for its state, or None for kinds that have none.
    body: the resource as Pinecone gives it, JSON.
    """

    key: str
    life: str
    status: str | None
    body: JSON


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One look at every resource of one kind.

    complete: the look was whole: whatever was known before and is not among `resources` was asked for by
    itself, and Pinecone said it does not exist. A look that cannot promise this says False, and then
    absence means nothing.
    unsure: lives that this look could not ask about; their absence means nothing either.
    doubtful: lives among `resources` whose new state may be a flicker: they stay as they were until it has
    lasted for the option `steady_seconds`.
    """

    resources: tuple[Resource, ...]
    complete: bool
    observed_at: datetime
    unsure: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event before it is stored: what a diff found.

    resource: the resource as it is now; for a deletion as it was last seen.
    timestamp: when Pinecone says it happened, as it writes it (RFC 3339), or None where only the look can tell.
    changes: {field: [old, new]}, or None where the type carries none.
    """

    type: str
    resource: Resource
    previous_status: str | None = None
    changes: dict[str, list[Any]] | None = None
    timestamp: str | None = None


Lives = Mapping[str, Resource]
"""Living resources of one kind by their life."""


class Trigger(Protocol):
    """A module in `triggers/`.

    EVENTS: the event types its diff may return.
    DELETED_AFTER_SECONDS: how long a resource must stay absent, over at least two complete looks, before
    it counts as deleted; 0 = the first complete look without it is enough; None = never deleted.
    OWN_ROWS (may be left out: False): what it tells depends on a watch's options beyond what they select, so
    that each watch remembers and tells for itself.
    NEEDS_ADMIN (may be left out: False): it uses `context.admin`, so that only connections with a service
    account are watched by it from the start.
    """

    EVENTS: tuple[str, ...]
    DELETED_AFTER_SECONDS: int | None

    def snapshot(self, context: Context, options: JSON, before: Lives) -> Snapshot:
        """Look at Pinecone; the only I/O. `before` is what was living at the last look."""

    def diff(self, before: Lives, after: Lives, options: JSON) -> Iterable[NewEvent]:
        """Tell what happened between two looks, in order; pure. What left `after` was deleted."""
