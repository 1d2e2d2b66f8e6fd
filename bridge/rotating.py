"""Rotating: an endpoint's signing secret is replaced, and shown to those who may see it.

The secret that was replaced goes on signing beside the new one for a day, or as long as asked, so that a
receiver can change over whenever it likes in between without refusing a single message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bridge import auditing, clock, endpoints, errors, fitting, message, signing
from bridge.access import Caller
from bridge.errors import Fault, SealBroken
from bridge.models import Endpoint
from bridge.runtime import Runtime
from bridge.signing import Scheme

KEEP_OLD_SECONDS: Final = 86_400
MAX_KEEP_OLD_SECONDS: Final = 7 * 86_400
MAX_OLD: Final = 10


@dataclass(frozen=True, slots=True)
class Signing:
    """What an endpoint's messages are verified by: the secret for v1, the public key for v1a.

    old_valid_until: until when each replaced secret goes on signing, oldest first.
    """

    endpoint: Endpoint
    secret: str | None
    old_valid_until: Sequence[datetime]


def rotate(
    runtime: Runtime,
    caller: Caller,
    endpoint_id: str,
    *,
    secret: str | None = None,
    scheme: Scheme | None = None,
    keep_old_seconds: int = KEEP_OLD_SECONDS,
) -> Signing:
    """Give an endpoint a new secret, one of the caller's own or one that is made, of its scheme or another.

    keep_old_seconds: how long the one before goes on signing; 0 = not a moment, for a secret that leaked.
    Raises NotFound, InvalidInput, and Conflict when ten replaced secrets still sign.
    """
    fitting.refuse_unfit_secret(secret, scheme)
    if not 0 <= keep_old_seconds <= MAX_KEEP_OLD_SECONDS:
        fault = Fault("/keep_old_seconds", f"must be 0 to {MAX_KEEP_OLD_SECONDS}")
        raise errors.InvalidInput("the old secret cannot be kept for so long", errors=(fault,))
    now = clock.now()
    with runtime.database.write() as session:
        row = endpoints.visible(session, caller, endpoint_id)
        if secret is not None and secret == _secret(runtime, row):
            return _shown(row, secret)  # asked twice
        old = [kept for kept in row.sealed_old_secrets if message.valid(kept, now)]
        if keep_old_seconds:
            until = clock.iso(now + timedelta(seconds=keep_old_seconds))
            old.append({"sealed": row.sealed_secret.decode(), "valid_until": until})
        if len(old) > MAX_OLD:
            said = (
                f"{MAX_OLD} replaced secrets still sign for {row.id}; keep_old_seconds 0 replaces it at once"
            )
            raise errors.Conflict(said)
        new = secret or signing.new_secret(scheme or ("v1a" if row.scheme == "v1a" else "v1"))
        row.sealed_secret, row.sealed_old_secrets = runtime.vault.seal(new), old
        row.scheme, row.public_key = signing.scheme_of(new), signing.public_key(new)
        row.updated_at = now
        auditing.note(session, caller, "endpoint.secret.rotate", row.id)
    return _shown(row, new)


def reveal(runtime: Runtime, caller: Caller, endpoint_id: str) -> Signing:
    """Show an endpoint's secret, and write down that it was shown. Raises NotFound, Conflict."""
    with runtime.database.write() as session:
        row = endpoints.visible(session, caller, endpoint_id)
        secret = _secret(runtime, row)
        if secret is None:
            raise errors.Conflict(f"the key that sealed the secret of {row.id} is gone; rotate the secret")
        auditing.note(session, caller, "endpoint.secret.reveal", row.id)
    return _shown(row, secret)


def _secret(runtime: Runtime, row: Endpoint) -> str | None:
    try:
        return runtime.vault.open(row.sealed_secret)
    except SealBroken:
        return None


def _shown(row: Endpoint, secret: str) -> Signing:
    now = clock.now()
    untils = [clock.parse(old["valid_until"]) for old in row.sealed_old_secrets if message.valid(old, now)]
    # The private key of a pair is nobody's business: receivers verify by the public one.
    return Signing(row, secret if row.public_key is None else None, sorted(untils))
