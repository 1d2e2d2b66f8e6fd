"""The conformance of senders: what a Standard Webhooks sender must do, judged by what arrived. Pure.

Each path of the receiver answers in its own way, and what the sender does about it is the test.
Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bridge import signing

PATHS: Final = {
    "/ok": "answers 204",
    "/retry": "answers 500 twice, then 204",
    "/slow-down": "answers 429 with Retry-After once, then 204",
    "/redirect": "answers 302 once, then 204",
    "/gone": "answers 410, always",
}
TRAP: Final = "/trap"
RETRY_AFTER_SECONDS: Final = 1
SLACK_SECONDS: Final = 0.2
TOLERANCE_SECONDS: Final = 300
GRACE_SECONDS: Final = 2.0
"""What was under way when a receiver said that it is gone may still arrive."""
ADVISED_BYTES: Final = 20_000

Result = Literal["pass", "FAIL", "advice", "not seen"]
"""advice: the specification only recommends it, and it was not so."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """One request as it came: `at` in seconds since 1970, header names in lower case."""

    at: float
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        """The message's id."""
        return self.headers.get("webhook-id", "")


class Vector(NamedTuple):
    """A message whose signature is known: what `secret` signs of id, timestamp (seconds) and body."""

    secret: str
    id: str
    timestamp: int
    body: str
    signature: str


VECTORS: Final = tuple(
    Vector(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}', signature)
    for secret, signature in (
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        (
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==",
            "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
        ),
    )
)
"""Those that the libraries of the standard test themselves by: a signer that makes them of the rest is right."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked of the sender, how it did, and what was seen."""

    asked: str
    result: Result
    seen: str


def answer(arrived: Arrived, earlier: int) -> tuple[int, dict[str, str]]:
    """Return the status and headers to answer with; earlier: how often this message came to this path before."""
    if arrived.path == "/retry" and earlier < 2:  # noqa: PLR2004 - twice, as the path says
        return 500, {}
    if arrived.path == "/slow-down" and not earlier:
        return 429, {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if arrived.path == "/redirect" and not earlier:
        return 302, {"Location": TRAP}
    if arrived.path == "/gone":
        return 410, {}
    return (204, {}) if arrived.path in {*PATHS, TRAP} else (404, {})


def judge(arrived: Sequence[Arrived], secrets: Sequence[str]) -> list[Verdict]:
    """Judge a sender. secrets: what verifies its messages (whsec_…, whpk_…); two when it has rotated."""
    messages = [one for one in arrived if one.path in PATHS]
    return [
        *(_each(asked, messages, check, "FAIL") for asked, check in REQUIRED.items()),
        _each(FITS, messages, lambda one: _unsigned(one, secrets), "FAIL"),
        *(_each(asked, messages, check, "advice") for asked, check in ADVISED.items()),
        _same_id_same_body(messages),
        *_behaviour(arrived),
        _rotation(messages, secrets),
    ]


def _posted(one: Arrived) -> str | None:
    return None if one.method == "POST" else f"a {one.method}"


def _json(one: Arrived) -> str | None:
    kind = one.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        return f"content-type: {kind!r}"
    return "a body that is no JSON" if _read(one.body) is None else None


def _id(one: Arrived) -> str | None:
    return None if one.id and "." not in one.id else f"webhook-id: {one.id!r}"


def _timestamp(one: Arrived) -> str | None:
    text = one.headers.get("webhook-timestamp", "")
    whole = text.isascii() and text.isdigit() and len(text) <= 12  # noqa: PLR2004 - enough for 30,000 years
    timely = whole and abs(int(text) - one.at) <= TOLERANCE_SECONDS
    return None if timely else f"webhook-timestamp: {text!r}"


def _listed(one: Arrived) -> str | None:
    text = one.headers.get("webhook-signature", "")
    # Schemes of a later version may stand beside those of this one.
    known = re.search(r"(^| )v1a?,", text) and re.fullmatch(r"\w+,[\w+/=-]+( \w+,[\w+/=-]+)*", text)
    return None if known else f"webhook-signature: {text[:80]!r}"


def _whole(one: Arrived) -> str | None:
    event = _read(one.body)
    if not isinstance(event, dict) or {"type", "timestamp"} - set(event):
        return "a body without type and timestamp"
    fits = re.fullmatch(r"[a-zA-Z0-9_]+(\.[a-zA-Z0-9_]+)*", str(event["type"]))
    return None if fits else f"type: {event['type']!r}"


def _small(one: Arrived) -> str | None:
    return None if len(one.body) < ADVISED_BYTES else f"{len(one.body)} bytes"


REQUIRED: Final[dict[str, Callable[[Arrived], str | None]]] = {
    "messages are sent by POST": _posted,
    "webhook-id is there, without a full stop": _id,
    "webhook-timestamp is the attempt's, in whole seconds": _timestamp,
    "webhook-signature is a list of v1,… and v1a,…": _listed,
}
ADVISED: Final[dict[str, Callable[[Arrived], str | None]]] = {
    "the body is JSON": _json,
    "the body has a type and a timestamp": _whole,
    "the body is smaller than 20 kB": _small,
}


FITS: Final = "a signature fits id, timestamp and the very bytes"


def _unsigned(one: Arrived, secrets: Sequence[str]) -> str | None:
    return None if any(verifies(one, secret) for secret in secrets) else f"no signature of {one.id!r} fits"


def refuse_unfit(secret: str) -> None:
    """Raise ValueError, without the secret in its message, for what can verify nothing."""
    if secret.startswith(signing.PRIVATE_PREFIX):
        raise ValueError(f"{signing.PRIVATE_PREFIX}… signs; what verifies is its public key, whpk_…")
    if not secret.startswith(signing.PUBLIC_PREFIX):
        signing.key_of(secret)
        return
    try:
        _public(secret)
    except (ValueError, binascii.Error):
        raise ValueError(f"a public key is {signing.PUBLIC_PREFIX} followed by 32 bytes in base64") from None


def verifies(one: Arrived, secret: str) -> bool:
    """Whether one of a request's signatures is by this secret (whsec_…) or key (whpk_…)."""
    signed = b".".join((one.id.encode(), one.headers.get("webhook-timestamp", "").encode(), one.body))
    given = [part.partition(",") for part in one.headers.get("webhook-signature", "").split()]
    if secret.startswith(signing.PUBLIC_PREFIX):
        return any(_by_pair(secret, text, signed) for scheme, _, text in given if scheme == "v1a")
    expected = base64.b64encode(hmac.digest(signing.key_of(secret), signed, hashlib.sha256))
    return any(hmac.compare_digest(expected, text.encode()) for scheme, _, text in given if scheme == "v1")


def _public(secret: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(
        base64.b64decode(secret.removeprefix(signing.PUBLIC_PREFIX), validate=True)
    )


def _by_pair(public: str, text: str, signed: bytes) -> bool:
    try:
        _public(public).verify(base64.b64decode(text, validate=True), signed)
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _each(
    asked: str,
    messages: Sequence[Arrived],
    wrong: Callable[[Arrived], str | None],
    otherwise: Literal["FAIL", "advice"],
) -> Verdict:
    if not messages:
        return Verdict(asked, "not seen", "no message came")
    faults = [fault for one in messages if (fault := wrong(one)) is not None]
    return (
        Verdict(asked, otherwise, f"{len(faults)} of {len(messages)}: {faults[0]}")
        if faults
        else Verdict(asked, "pass", f"{len(messages)} messages")
    )


def _same_id_same_body(messages: Sequence[Arrived]) -> Verdict:
    asked = "a retry has the id and bytes of the first attempt, and a timestamp of its own"
    tries = [found for found in _by_message(messages).values() if len(found) > 1]
    if not tries:
        return Verdict(asked, "not seen", "nothing was retried")
    for found in tries:
        stamps = [one.headers.get("webhook-timestamp", "") for one in found]
        late = found[-1].at - found[0].at > 1 + SLACK_SECONDS
        if len({one.body for one in found}) > 1 or (late and len(set(stamps)) == 1):
            return Verdict(asked, "FAIL", f"{found[0].id}: other bytes, or the same timestamp")
    return Verdict(asked, "pass", f"{len(tries)} messages retried")


def _behaviour(arrived: Sequence[Arrived]) -> Iterator[Verdict]:
    by_path: dict[str, list[list[Arrived]]] = defaultdict(list)
    for (path, _), found in _by_message(arrived).items():
        by_path[path].append(found)
    yield _retried("what was answered 500 is tried until it is taken", by_path["/retry"], 3)
    waits = [found[1].at - found[0].at for found in by_path["/slow-down"] if len(found) > 1]
    asked = "Retry-After is waited for"
    if waits:
        fits = min(waits) >= RETRY_AFTER_SECONDS - SLACK_SECONDS
        yield Verdict(
            asked, "pass" if fits else "FAIL", f"{min(waits):.1f} s after an answer that asked for 1"
        )
    else:
        yield Verdict(asked, "not seen", "send to /slow-down, and wait for the retry")
    trapped = any(one.path == TRAP for one in arrived)
    followed = Verdict("a redirect is a failure and is not followed", "FAIL", "it was followed")
    yield followed if trapped else _retried(followed.asked, by_path["/redirect"], 2)
    gone = [one for found in by_path["/gone"] for one in found]
    after = [one for one in gone if one.at > gone[0].at + GRACE_SECONDS]
    asked = "who answers 410 is sent nothing more"
    if gone:
        yield Verdict(asked, "FAIL" if after else "pass", f"{len(after)} came afterwards")
    else:
        yield Verdict(asked, "not seen", "send to /gone, several times")


def _retried(asked: str, messages: Sequence[Sequence[Arrived]], times: int) -> Verdict:
    most = max((len(found) for found in messages), default=0)
    return Verdict(asked, "pass" if most >= times else "not seen", f"{most} of {times} attempts came")


def _rotation(messages: Sequence[Arrived], secrets: Sequence[str]) -> Verdict:
    asked = "after a rotation both secrets sign"
    if len(secrets) < 2:  # noqa: PLR2004 - an old one and a new one
        return Verdict(asked, "not seen", "name the new secret, too")
    both = sum(all(verifies(one, secret) for secret in secrets) for one in messages)
    return Verdict(asked, "pass" if both else "not seen", f"{both} messages were signed by both")


def _by_message(arrived: Sequence[Arrived]) -> dict[tuple[str, str], list[Arrived]]:
    found: dict[tuple[str, str], list[Arrived]] = defaultdict(list)
    for one in arrived:
        found[one.path, one.id].append(one)
    return found


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
