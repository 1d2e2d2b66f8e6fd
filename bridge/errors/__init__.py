"""The errors: every way the bridge says no. Each class is one code of docs/errors.md; its docstring says when.

PinehookError
├─ 400 NotJson · BadRequest
├─ 401 Unauthorized · BadSignature
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

from typing import Final

from bridge.errors.base import (
    Fault,
    PinehookError,
    SetupError,
)
from bridge.errors.ours import (
    BadRequest,
    BadSignature,
    BodyTooLarge,
    Busy,
    Conflict,
    DimensionMismatch,
    EndpointDisabled,
    EndpointRemoved,
    EventsPruned,
    FileTooLarge,
    IdempotencyKeyReused,
    InternalError,
    InvalidInput,
    MethodNotAllowed,
    MissingScope,
    NoServiceAccount,
    NotFound,
    NotJson,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    RunCancelled,
    RunLost,
    SealBroken,
    TooManyWaiting,
    Unauthorized,
    UnknownAction,
    UnknownConnection,
    UnknownRoute,
    UnsupportedFile,
    UnsupportedMediaType,
)
from bridge.errors.pinecone import (
    PineconeConflict,
    PineconeFailed,
    PineconeFailedPrecondition,
    PineconeForbidden,
    PineconeNotFound,
    PineconePayloadTooLarge,
    PineconePaymentRequired,
    PineconeRateLimited,
    PineconeRejected,
    PineconeTimeout,
    PineconeUnauthorized,
    PineconeUnreachable,
)
from bridge.errors.providers import (
    ProviderFailed,
    ProviderRateLimited,
    ProviderRejected,
    ProviderUnauthorized,
    ProviderUnreachable,
)

__all__ = [
    "BY_CODE",
    "BadRequest",
    "BadSignature",
    "BodyTooLarge",
    "Busy",
    "Conflict",
    "DimensionMismatch",
    "EndpointDisabled",
    "EndpointRemoved",
    "EventsPruned",
    "Fault",
    "FileTooLarge",
    "IdempotencyKeyReused",
    "InternalError",
    "InvalidInput",
    "MethodNotAllowed",
    "MissingScope",
    "NoServiceAccount",
    "NotFound",
    "NotJson",
    "NotReady",
    "NotSupported",
    "OutcomeUnknown",
    "PineconeConflict",
    "PineconeFailed",
    "PineconeFailedPrecondition",
    "PineconeForbidden",
    "PineconeNotFound",
    "PineconePayloadTooLarge",
    "PineconePaymentRequired",
    "PineconeRateLimited",
    "PineconeRejected",
    "PineconeTimeout",
    "PineconeUnauthorized",
    "PineconeUnreachable",
    "PinehookError",
    "ProviderFailed",
    "ProviderRateLimited",
    "ProviderRejected",
    "ProviderUnauthorized",
    "ProviderUnreachable",
    "RateLimited",
    "RunCancelled",
    "RunLost",
    "SealBroken",
    "SetupError",
    "TooManyWaiting",
    "Unauthorized",
    "UnknownAction",
    "UnknownConnection",
    "UnknownRoute",
    "UnsupportedFile",
    "UnsupportedMediaType",
]


def _below(kind: type[PinehookError]) -> list[type[PinehookError]]:
    return [kind, *(each for child in kind.__subclasses__() for each in _below(child))]


BY_CODE: Final[dict[str, type[PinehookError]]] = {kind.code: kind for kind in reversed(_below(PinehookError))}
"""Every error by its code; where several have one code, the one the others are made of."""
