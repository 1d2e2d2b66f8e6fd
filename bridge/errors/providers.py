"""What the refusals and failures of embedding providers mean to who asked."""

from __future__ import annotations

from bridge.errors.base import PinehookError


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
