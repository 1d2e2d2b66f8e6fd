"""Fitting: what an endpoint may be asked to be, judged before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal, TypedDict

from bridge import errors, filtering, message, signing
from bridge.errors import Fault
from bridge.fanout import wanted
from bridge.plugin import JSON
from bridge.registry import Registry

MAX_DESCRIPTION_CHARACTERS: Final = 500
MAX_RETRIES: Final = 30
MAX_RETRY_SECONDS: Final = 7 * 86_400
MAX_PER_SECOND: Final = 10_000


class Changes(TypedDict, total=False):
    """What can be changed of an endpoint; what is missing stays.

    retry_seconds: the wait before the second attempt, the third …; None = the usual schedule.
    max_per_second: attempts a second, over all workers; None = as the settings say.
    headers: sent with every message; they replace those it had.
    keys: globs for the key of the resource. filter: a JSON Schema for the event as it is sent. None = any.
    """

    state: Literal["active", "paused"]
    description: str
    event_types: Sequence[str]
    keys: Sequence[str] | None
    filter: JSON | None
    headers: Mapping[str, str]
    retry_seconds: Sequence[int] | None
    max_per_second: int | None
    ordered: bool


def refuse_unfit(registry: Registry, asked: Changes) -> None:
    """Raise InvalidInput, with a pointer for each thing that an endpoint cannot be."""
    faults = list(_faults(registry, asked))
    if faults:
        raise errors.InvalidInput("the endpoint cannot be like this", errors=tuple(faults[:10]))


def refuse_unfit_secret(secret: str | None, scheme: signing.Scheme | None) -> None:
    """Raise InvalidInput for a secret that is none, or is not of the scheme asked for."""
    if secret is None:
        return
    try:
        signing.check(secret)
    except ValueError as error:
        fault = Fault("/secret", str(error))
        raise errors.InvalidInput("the secret cannot be used", errors=(fault,)) from None
    if not secret.startswith((signing.PREFIX, signing.PRIVATE_PREFIX)):
        fault = Fault("/secret", f"must begin with {signing.PREFIX} or {signing.PRIVATE_PREFIX}")
        raise errors.InvalidInput("the secret cannot be used", errors=(fault,))
    if scheme not in (None, signing.scheme_of(secret)):
        fault = Fault("/secret", f"is one of {signing.scheme_of(secret)}, not of {scheme}")
        raise errors.InvalidInput("secret and scheme do not go together", errors=(fault,))


def _faults(registry: Registry, asked: Changes) -> Iterator[Fault]:
    types = asked.get("event_types")
    for place, pattern in enumerate(types or ()):
        if not any(wanted(known, (pattern,)) for known in registry.event_types):
            said = f"{pattern[:80]!r} is no event type; GET /v1/event-types lists them"
            yield Fault(f"/event_types/{place}", said)
    if types is not None and not types:
        yield Fault("/event_types", "must name at least one event type, noun.* or *")
    if schema := asked.get("filter"):
        yield from (Fault(f"/filter{fault.pointer}", fault.message) for fault in filtering.faults(schema))
    if len(asked.get("description", "")) > MAX_DESCRIPTION_CHARACTERS:
        yield Fault("/description", f"must be at most {MAX_DESCRIPTION_CHARACTERS} characters long")
    if asked.get("state", "active") not in ("active", "paused"):
        yield Fault("/state", "must be active or paused")
    waits = asked.get("retry_seconds") or ()
    if len(waits) > MAX_RETRIES or any(not 1 <= wait <= MAX_RETRY_SECONDS for wait in waits):
        yield Fault(
            "/retry_seconds", f"must be at most {MAX_RETRIES} waits of 1 to {MAX_RETRY_SECONDS} seconds"
        )
    rate = asked.get("max_per_second")
    if rate is not None and not 1 <= rate <= MAX_PER_SECOND:
        yield Fault("/max_per_second", f"must be 1 to {MAX_PER_SECOND}")
    yield from message.faults(asked.get("headers", {}))
