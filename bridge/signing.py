"""The signatures of webhooks: Standard Webhooks 1.0.0, schemes v1 (HMAC-SHA256) and v1a (ed25519). Pure.

What is signed is `id.timestamp.body`, the very bytes that are sent. The id stays the same over the retries
of an event; the timestamp is the attempt's own, so every attempt is signed anew. Receivers verify with any
Standard Webhooks library (docs/webhooks.md): v1 with the secret itself, v1a with the public key of the pair.
Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets as random
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Scheme = Literal["v1", "v1a"]
PREFIX: Final = "whsec_"
PRIVATE_PREFIX: Final = "whsk_"
PUBLIC_PREFIX: Final = "whpk_"
MIN_BYTES: Final = 24
MAX_BYTES: Final = 64
SEED_BYTES: Final = 32
PAIR_BYTES: Final = 64


def new_secret(scheme: Scheme = "v1") -> str:
    """Return a new secret: `whsec_` and 32 random bytes, or `whsk_` and a new ed25519 pair, in base64."""
    if scheme == "v1":
        return PREFIX + base64.b64encode(random.token_bytes(32)).decode()
    seed = random.token_bytes(SEED_BYTES)
    return (
        PRIVATE_PREFIX + base64.b64encode(seed + _public(Ed25519PrivateKey.from_private_bytes(seed))).decode()
    )


def scheme_of(secret: str) -> Scheme:
    """Return the scheme a secret is for, by its prefix."""
    return "v1a" if secret.startswith(PRIVATE_PREFIX) else "v1"


def check(secret: str) -> None:
    """Raise ValueError, without the secret in its message, for what is no secret of either scheme."""
    if scheme_of(secret) == "v1a":
        _pair(secret)
    else:
        key_of(secret)


@lru_cache(maxsize=1024)
def key_of(secret: str) -> bytes:
    """Return the bytes of a v1 secret (`whsec_` + base64 of 24 to 64 bytes; the prefix may be missing).

    Raises ValueError, without the secret in its message.
    """
    key = _bytes(secret.removeprefix(PREFIX), f"a secret is {PREFIX} followed by base64")
    if not MIN_BYTES <= len(key) <= MAX_BYTES:
        raise ValueError(f"a secret holds {MIN_BYTES} to {MAX_BYTES} bytes, this one {len(key)}")
    return key


def public_key(secret: str) -> str | None:
    """Return the `whpk_…` that verifies what a v1a secret signs; None for v1. Raises ValueError."""
    if scheme_of(secret) == "v1":
        return None
    return PUBLIC_PREFIX + base64.b64encode(_public(_pair(secret))).decode()


def headers(event_id: str, body: bytes, secrets: Iterable[str], at: datetime) -> dict[str, str]:
    """Return the three headers of one attempt; several secrets give several signatures, in their order.

    at: when the attempt is made, with its time zone. Raises ValueError for a secret that is none, for an id
    with a full stop in it (what is signed would be ambiguous) and for a moment without a time zone.
    """
    if "." in event_id or not event_id:
        raise ValueError(f"{event_id!r} cannot be signed: an id has no full stop")
    if at.tzinfo is None:
        raise ValueError("the moment of an attempt carries its time zone")
    seconds = str(int(at.timestamp()))
    signed = b".".join((event_id.encode(), seconds.encode(), body))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(secret, signed) for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    if scheme_of(secret) == "v1a":
        return f"v1a,{base64.b64encode(_pair(secret).sign(signed)).decode()}"
    return f"v1,{base64.b64encode(hmac.digest(key_of(secret), signed, hashlib.sha256)).decode()}"


@lru_cache(maxsize=1024)
def _pair(secret: str) -> Ed25519PrivateKey:
    # Kept: to make the key of its bytes costs more than to sign with it.
    both = _bytes(secret.removeprefix(PRIVATE_PREFIX), f"a v1a secret is {PRIVATE_PREFIX} followed by base64")
    if len(both) != PAIR_BYTES:
        raise ValueError(f"a v1a secret holds {PAIR_BYTES} bytes (private and public key), not {len(both)}")
    private = Ed25519PrivateKey.from_private_bytes(both[:SEED_BYTES])
    if _public(private) != both[SEED_BYTES:]:
        raise ValueError("the public key of the v1a secret is not that of its private key")
    return private


def _public(private: Ed25519PrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _bytes(text: str, wrong: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(wrong) from None
