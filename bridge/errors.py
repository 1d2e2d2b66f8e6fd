"""The errors: every way the bridge says no. Each class is one code of docs/errors.md; its docstring says when.

PinehookError
├─ 400 NotJson · BadRequest
├─ 401 Unauthorized
├─ 403 MissingScope
├─ 404 NotFound (UnknownRoute, UnknownAction, UnknownConnection, ...) · PineconeNotFound
├─ 405 MethodNotAllowed
├─ 409 Conflict (NoServiceAccount, IdempotencyKeyReused, RunCancelled, EndpointDisabled, EndpointRemoved)
│  · PineconeConflict
├─ 410 EventsPruned
├─ 412 PineconeFailedPrecondition
├─ 413 BodyTooLarge · FileTooLarge · PineconePayloadTooLarge
├─ 415 UnsupportedMediaType · UnsupportedFile
├─ 422 InvalidInput (DimensionMismatch) · PineconeRejected · ProviderRejected
├─ 402, 403 PineconePaymentRequired · PineconeForbidden
├─ 429 RateLimited · PineconeRateLimited · ProviderRateLimited
├─ 500 InternalError · SealBroken · RunLost
├─ 501 NotSupported
├─ 502, 503, 504 PineconeUnauthorized · PineconeFailed · PineconeUnreachable · PineconeTimeout · Busy · NotReady
│                TooManyWaiting
├─ 502 OutcomeUnknown
└─ 502, 503 ProviderUnauthorized · ProviderFailed · ProviderUnreachable
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where (a JSON pointer, RFC 6901; "" is the whole) and what is right."""

    pointer: str
    message: str


class PinehookError(Exception):
    """Something was asked that cannot be done; `detail` tells the reader what to do about it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Internal error"
    retryable: ClassVar[bool] = False

    def __init__(
        self, detail: str, *, errors: tuple[Fault, ...] = (), retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = errors
        self.retry_after_seconds = retry_after_seconds


class SetupError(Exception):
    """The bridge cannot start as it was set up; the message tells the operator what to do, and is all there is to say."""


class InternalError(PinehookError):
    """The bridge itself failed; the log has the cause under the request id."""

    retryable = True


class SealBroken(PinehookError):
    """What is stored was sealed with a key that PINEHOOK_SECRET_KEY no longer holds; give it that key again."""

    code, title = "seal_broken", "Sealed with another key"


class NotJson(PinehookError):
    """The body is not JSON (or is nested deeper than a JSON reader goes)."""

    status, code, title = 400, "not_json", "The body is not JSON"


class BadRequest(PinehookError):
    """A query parameter or header cannot be read; `errors` names it."""

    status, code, title = 400, "bad_request", "The request cannot be read"


class Unauthorized(PinehookError):
    """The API key is missing, unknown, expired or revoked."""

    status, code, title = 401, "unauthorized", "No valid API key"


class MissingScope(PinehookError):
    """The API key is valid and its scopes or connections do not allow this."""

    status, code, title = 403, "missing_scope", "The API key does not allow this"


class NotFound(PinehookError):
    """The bridge has no such thing, or none that this API key may see."""

    status, code, title = 404, "not_found", "No such thing"


class UnknownRoute(NotFound):
    """No route of the API has this path."""

    code, title = "unknown_route", "No such path"


class UnknownAction(NotFound):
    """No action has this name; GET /v1/actions lists them."""

    code, title = "unknown_action", "No such action"


class UnknownConnection(NotFound):
    """No connection has this id or name, or none that this API key may use."""

    code, title = "unknown_connection", "No such connection"


class MethodNotAllowed(PinehookError):
    """The path exists and does not take this method; the Allow header names those it takes."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class Conflict(PinehookError):
    """It clashes with what is there: a name that is taken, or something still in use."""

    status, code, title = 409, "conflict", "It clashes with what is there"


class IdempotencyKeyReused(Conflict):
    """The Idempotency-Key was sent before, with another action, connection or body; nothing was done."""

    code, title = "idempotency_key_reused", "The Idempotency-Key belongs to another request"


class RunCancelled(Conflict):
    """The run that answers this Idempotency-Key was cancelled."""

    code, title = "run_cancelled", "The run was cancelled"


class RunLost(PinehookError):
    """Every worker that began the run was lost on the way; its log has the cause, if anything has."""

    code, title = "run_lost", "The run was begun and never ended"


class OutcomeUnknown(PinehookError):
    """The answer to what cannot be done twice was lost, and Pinecone does not show whether it was done: look first."""

    status, code, title = 502, "outcome_unknown", "Nobody knows whether it was done"


class EndpointDisabled(Conflict):
    """The endpoint is disabled, so that nothing would be sent; `detail` says why it was: set it active first."""

    code, title = "endpoint_disabled", "The endpoint is disabled"


class EndpointRemoved(Conflict):
    """The endpoint of this delivery was removed; it cannot be sent anything more."""

    code, title = "endpoint_removed", "The endpoint was removed"


class EventsPruned(PinehookError):
    """Events after this cursor were cleared away by age before they were read; start anew from `after=start`."""

    status, code, title = 410, "events_pruned", "Events have been cleared away"


class BodyTooLarge(PinehookError):
    """The body is over PINEHOOK_MAX_BODY_BYTES."""

    status, code, title = 413, "body_too_large", "The body is too large"


class FileTooLarge(PinehookError):
    """The file is over PINEHOOK_MAX_FILE_BYTES."""

    status, code, title = 413, "file_too_large", "The file is too large"


class UnsupportedFile(PinehookError):
    """The file is neither CSV nor XLSX by its Content-Type or the end of its name."""

    status, code, title = 415, "unsupported_file", "Send CSV or XLSX"


class UnsupportedMediaType(PinehookError):
    """The body is not sent as application/json."""

    status, code, title = 415, "unsupported_media_type", "Send application/json"


class InvalidInput(PinehookError):
    """The body does not fit its schema; `errors` says where and what is right."""

    status, code, title = 422, "invalid_input", "The input does not fit its schema"


class DimensionMismatch(InvalidInput):
    """A vector's length is not the index's dimension; nothing was sent."""

    code, title = "dimension_mismatch", "A vector does not fit the index"


class PineconeRejected(PinehookError):
    """Pinecone answered 400 or 422: the request was understood by us and refused by it."""

    status, code, title = 422, "pinecone_rejected", "Pinecone rejected the request"


class PineconePaymentRequired(PinehookError):
    """Pinecone answered 402: the account is restricted until it is paid."""

    status, code, title = 402, "pinecone_payment_required", "Pinecone asks for payment"


class PineconeForbidden(PinehookError):
    """Pinecone answered 403: deletion protection, a quota, or the connection's key may not do this."""

    status, code, title = 403, "pinecone_forbidden", "Pinecone does not allow this"


class PineconeNotFound(NotFound):
    """Pinecone has no such index, namespace, backup or other thing."""

    code, title = "pinecone_not_found", "Pinecone has no such thing"


class PineconeConflict(PinehookError):
    """Pinecone answered 409: the name is taken."""

    status, code, title = 409, "pinecone_conflict", "Pinecone has it already"


class PineconeFailedPrecondition(PinehookError):
    """Pinecone answered 412: something must be finished or removed first."""

    status, code, title = 412, "pinecone_failed_precondition", "Something must come first"


class PineconePayloadTooLarge(PinehookError):
    """Pinecone answered 413: one record or request is over its limits."""

    status, code, title = 413, "pinecone_payload_too_large", "Too large for Pinecone"


class RateLimited(PinehookError):
    """The API key has asked as often as it may in a minute; wait for Retry-After seconds."""

    status, code, title, retryable = 429, "rate_limited", "The API key has asked too often", True


class PineconeRateLimited(PinehookError):
    """Pinecone answered 429 and kept to it over the SDK's retries; wait for Retry-After seconds."""

    status, code, title, retryable = 429, "pinecone_rate_limited", "Pinecone limits the rate", True


class PineconeUnauthorized(PinehookError):
    """Pinecone refused the connection's API key (not yours): mend the connection."""

    status, code, title = 502, "pinecone_unauthorized", "Pinecone refused the connection's key"


class PineconeFailed(PinehookError):
    """Pinecone answered 5xx, or something that is no answer, over the SDK's retries."""

    status, code, title, retryable = 502, "pinecone_failed", "Pinecone failed", True


class PineconeUnreachable(PinehookError):
    """No connection to Pinecone (or to the emulator) could be made."""

    status, code, title, retryable = 503, "pinecone_unreachable", "Pinecone cannot be reached", True


class PineconeTimeout(PinehookError):
    """Pinecone did not answer in time; what was asked may have been done."""

    status, code, title, retryable = 504, "pinecone_timeout", "Pinecone did not answer in time", True


class NotSupported(PinehookError):
    """The backend does not offer this (the emulator says so where Pinecone itself would do it)."""

    status, code, title = 501, "not_supported", "The backend does not offer this"


class Busy(PinehookError):
    """The database was locked for longer than a request may wait."""

    status, code, title, retryable = 503, "busy", "The bridge is busy", True


class TooManyWaiting(PinehookError):
    """Half of the web threads are waiting for events already; ask again later, or without `wait`."""

    status, code, title, retryable = 503, "too_many_waiting", "Too many are waiting", True


class NotReady(PinehookError):
    """The database cannot be reached or lacks a migration, or no worker runs; `errors` says which."""

    status, code, title, retryable = 503, "not_ready", "The bridge is not ready", True


class NoServiceAccount(Conflict):
    """Projects and API keys belong to the organization: the connection needs a service account for them."""

    code, title = "no_service_account", "The connection has no service account"


class ProviderRejected(PinehookError):
    """The embedding provider refused the texts or the model."""

    status, code, title = 422, "provider_rejected", "The embedding provider rejected the request"


class ProviderRateLimited(PinehookError):
    """The embedding provider limits the rate and kept to it; wait for Retry-After seconds."""

    status, code, title, retryable = (
        429,
        "provider_rate_limited",
        "The embedding provider limits the rate",
        True,
    )


class ProviderUnauthorized(PinehookError):
    """The embedding provider's key is not set, or the provider refused it."""

    status, code, title = 502, "provider_unauthorized", "The embedding provider's key is not accepted"


class ProviderFailed(PinehookError):
    """The embedding provider answered 5xx, or something that is no answer."""

    status, code, title, retryable = 502, "provider_failed", "The embedding provider failed", True


class ProviderUnreachable(PinehookError):
    """No connection to the embedding provider could be made, or it did not answer in time."""

    status, code, title, retryable = (
        503,
        "provider_unreachable",
        "The embedding provider cannot be reached",
        True,
    )


def _below(kind: type[PinehookError]) -> list[type[PinehookError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _below(child))]


BY_CODE: Final[dict[str, type[PinehookError]]] = {kind.code: kind for kind in reversed(_below(PinehookError))}
"""Every error by its code; where several have one code, the one the others are made of."""
