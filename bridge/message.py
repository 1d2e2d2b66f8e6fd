"""The message: what an attempt sends beside the event's bytes: their signatures, and the endpoint's own headers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import orjson

from bridge import clock, signing
from bridge.errors import Fault
from bridge.models import Endpoint

MAX_HEADERS: Final = 20
MAX_NAME_CHARACTERS: Final = 100
MAX_VALUE_CHARACTERS: Final = 2_000
NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")
OURS: Final = frozenset(
    (
        "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "cookie", "expect",
        "host", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding",
        "upgrade", "user-agent",
    )
)  # fmt: skip
"""Headers an endpoint cannot set; those that begin with `webhook-` are ours as well."""


def headers(
    endpoint: Endpoint, unseal: Callable[[bytes], str], event_id: str, body: bytes, at: datetime
) -> dict[str, str]:
    """Return the headers of one attempt: the endpoint's own, then the signatures by every secret still valid.

    unseal: raises what it likes for a seal that is broken; nothing of it is caught here.
    """
    secrets = [unseal(endpoint.sealed_secret)]
    secrets += [unseal(old["sealed"].encode()) for old in endpoint.sealed_old_secrets if valid(old, at)]
    own: dict[str, str] = orjson.loads(unseal(endpoint.sealed_headers)) if endpoint.sealed_headers else {}
    return {**own, **signing.headers(event_id, body, secrets, at)}


def valid(old_secret: Mapping[str, str], at: datetime) -> bool:
    """Whether a secret that was replaced still signs at a moment."""
    return clock.parse(old_secret["valid_until"]) > at


def faults(own: Mapping[str, str]) -> list[Fault]:
    """Say what is wrong with the headers an endpoint is to be sent."""
    found = [
        Fault(f"/headers/{_pointed(name)}", reason)
        for name, value in own.items()
        if (reason := _refusal(name, value)) is not None
    ]
    if len(own) > MAX_HEADERS:
        found.append(Fault("/headers", f"must be at most {MAX_HEADERS}"))
    if len({name.lower() for name in own}) < len(own):
        found.append(Fault("/headers", "must not have a name twice; upper and lower case are the same"))
    return found


def _refusal(name: str, value: str) -> str | None:
    if len(name) > MAX_NAME_CHARACTERS or not NAME.fullmatch(name):
        return "is no name of a header"
    if name.lower() in OURS or name.lower().startswith("webhook-"):
        return "is a header that the bridge sets itself"
    if len(value) > MAX_VALUE_CHARACTERS or not VALUE.fullmatch(value):
        return f"must have a value of 1 to {MAX_VALUE_CHARACTERS} visible ASCII characters in one line"
    return None


def _pointed(name: str) -> str:
    return name[:MAX_NAME_CHARACTERS].replace("~", "~0").replace("/", "~1")
