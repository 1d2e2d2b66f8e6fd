"""Fitting: what an endpoint may be asked to be, judged before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Literal, TypedDict

from bridge import errors, filtering, formats, message, signing
from bridge.errors import Fault
from bridge.fanout import wanted
from bridge.formats import telegram
from bridge.plugin import JSON
from bridge.registry import Registry
from bridge.runtime import Runtime

MAX_DESCRIPTION_CHARACTERS: Final = 500
MAX_RETRIES: Final = 30
MAX_RETRY_SECONDS: Final = 7 * 86_400
MAX_PER_SECOND: Final = 10_000


class Changes(TypedDict, total=False):
    """What can be changed of an endpoint; what is missing stays.

    retry_seconds: the wait before the second attempt, the third …; None = the usual schedule.
    max_per_second: attempts a second, over all workers; None = as the settings say.
    headers: sent with every message; they replace those it had.
    format: how an event is written: `event` as it is, or as a platform of bridge.formats takes it.
    template: own words for that, a text or {"title", "body"}; None = the built-in message.
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
    format: str
    template: str | JSON | None


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


def refuse_unfit_wording(
    runtime: Runtime, name: str, own: JSON | None, event_types: Collection[str], url: str | None = None
) -> None:
    """Raise InvalidInput for a template that fails on an event type that is wanted, and for a URL its format cannot use.

    own: {"title", "body"} or one of them. url: None where there is none yet.
    """
    found = list(_unusable(runtime, name, own, event_types))
    if name == "telegram" and url is not None and (reason := telegram.refusal(url)):
        found.append(Fault("/url", reason))
    if found:
        raise errors.InvalidInput("the endpoint's messages cannot be like this", errors=tuple(found))


def worded(template: str | JSON | None) -> JSON | None:
    """Return a template as it is kept: {"title", "body"} or one of them; a text alone is the body."""
    return {"body": template} if isinstance(template, str) else template or None


def _unusable(runtime: Runtime, name: str, own: JSON | None, event_types: Collection[str]) -> Iterator[Fault]:
    if name not in (*formats.PLATFORMS, "event"):
        yield Fault("/format", f"must be event, {', '.join(formats.PLATFORMS)}")
    elif own is not None and name == "event":
        yield Fault("/template", f"the format event has none; {', '.join(formats.PLATFORMS)} do")
    elif own is not None:
        from bridge.formats import wording  # noqa: PLC0415 - Jinja is loaded only where there are templates

        types = [known for known in runtime.registry.event_types.values() if wanted(known.name, event_types)]
        told = wording.faults(formats.PLATFORMS[name], own, types, runtime.settings.public_url)
        yield from (
            Fault("/template" if list(own) == ["body"] else f"/template/{part}", reason)
            for part, reason in told
        )


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
