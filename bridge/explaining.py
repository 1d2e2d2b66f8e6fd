"""The explaining: what an exception of the SDK means, as one of our errors."""

from __future__ import annotations

from typing import Final

from pinecone import errors as sdk

from bridge import errors
from bridge.errors import PinehookError

BY_STATUS: Final[dict[int, type[PinehookError]]] = {
    400: errors.PineconeRejected,
    401: errors.PineconeUnauthorized,
    402: errors.PineconePaymentRequired,
    403: errors.PineconeForbidden,
    404: errors.PineconeNotFound,
    409: errors.PineconeConflict,
    412: errors.PineconeFailedPrecondition,
    413: errors.PineconePayloadTooLarge,
    422: errors.PineconeRejected,
    429: errors.PineconeRateLimited,
    501: errors.NotSupported,
}


def explain(error: Exception) -> PinehookError:
    """Return the problem that an exception means (docs/errors.md); what is unknown is an InternalError."""
    problem: PinehookError
    match error:
        case PinehookError():
            problem = error
        case sdk.ApiError():
            kind = BY_STATUS.get(error.status_code, errors.PineconeFailed)
            wait = getattr(error, "retry_after", None)
            problem = kind(_said(error), retry_after_seconds=_seconds(wait, kind))
        case sdk.PineconeTimeoutError():
            problem = errors.PineconeTimeout("Pinecone did not answer in time; look before you ask again")
        case sdk.PineconeConnectionError():
            told = "no connection to Pinecone could be made; check the connection's host, and that the emulator runs if it is one"
            problem = errors.PineconeUnreachable(told, retry_after_seconds=5)
        case sdk.PineconeValueError() | sdk.PineconeTypeError():
            problem = errors.PineconeRejected(_cut(str(error)))
        case sdk.ResponseParsingError():
            problem = errors.PineconeFailed("Pinecone's answer could not be read by this version of its SDK")
        case sdk.PineconeError():
            problem = errors.PineconeFailed(_cut(str(error)))
        case _:
            problem = errors.InternalError("something went wrong inside the bridge; its log has the cause")
    if notes := getattr(error, "__notes__", ()):  # what an action adds: how much was done before it
        problem.detail = "; ".join((problem.detail, *notes))
    return problem


def _said(error: sdk.ApiError) -> str:
    if error.status_code == 401:  # noqa: PLR2004
        told = "Pinecone refused the credentials of this connection (its API key, or its service account)"
        return f"{told}; give the connection valid ones"
    return _cut(f"Pinecone answered {error.status_code}: {error.message}")


def _seconds(wait: float | None, kind: type[PinehookError]) -> int | None:
    if wait is not None:
        return max(1, round(wait))
    return 1 if kind is errors.PineconeRateLimited else None


def _cut(text: str) -> str:
    return text if len(text) <= 500 else text[:499] + "…"  # noqa: PLR2004
