"""What Pinecone's refusals and failures mean to who asked."""

from __future__ import annotations

from bridge.errors.base import PinehookError
from bridge.errors.ours import NotFound


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
