"""What the bridge itself refuses, or fails at."""

from __future__ import annotations

from bridge.errors.base import PinehookError


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


class BadSignature(PinehookError):
    """A chat platform's request is not signed by one of the workspaces, is too late, or was taken before."""

    status, code, title = 401, "bad_signature", "The signature does not fit"


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


class RateLimited(PinehookError):
    """The API key has asked as often as it may in a minute; wait for Retry-After seconds."""

    status, code, title, retryable = 429, "rate_limited", "The API key has asked too often", True


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
