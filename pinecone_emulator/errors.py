"""Owns the errors a request can end in, free of any wire format.

    ApiError                    status, code, message
    ├ InvalidArgumentError      400 INVALID_ARGUMENT: a value breaks a rule
    │ └ OutOfRangeError         400 OUT_OF_RANGE: a page's size (admin)
    ├ UnauthenticatedError      401 UNAUTHENTICATED: no such API key or token
    ├ ForbiddenError            403 FORBIDDEN: deletion protection, quota
    │ ├ PermissionDeniedError   403 PERMISSION_DENIED: a role or the plan does not allow it
    │ └ QuotaExceededError      403 QUOTA_EXCEEDED: too many pods, projects or namespaces
    ├ NotFoundError             404 NOT_FOUND
    ├ MethodNotAllowedError     405 UNIMPLEMENTED
    ├ AlreadyExistsError        409 ALREADY_EXISTS
    ├ AbortedError              409 ABORTED: it would leave something without an owner (admin)
    ├ FailedPreconditionError   412 FAILED_PRECONDITION: not in the state that is needed
    ├ PayloadTooLargeError      413 PAYLOAD_TOO_LARGE
    ├ UnprocessableError        422 UNPROCESSABLE_ENTITY: JSON of the wrong shape (control plane, inference)
    ├ ResourceExhaustedError    429 RESOURCE_EXHAUSTED: too many at once
    ├ InternalError             500 UNKNOWN: a fault of the emulator itself
    ├ UnimplementedError        501 UNIMPLEMENTED: Pinecone can, this emulator does not
    ├ UnavailableError          503 UNAVAILABLE: the index is not ready
    ├ OAuthError                400, 401 or 403 with OAuth's own codes: no token is given
    └ InjectedError             whatever a test asked for

How an error looks on the wire is decided by `versions/`: the ErrorResponse of the control plane, inference
and records, or the rpcStatus of the vector and namespace operations.
"""

from __future__ import annotations

from typing import ClassVar


class ApiError(Exception):
    """A request that is refused, with its HTTP status and Pinecone error code."""

    status: int = 500
    code: str = "UNKNOWN"
    #: Refused by the authentication and rate-limiting layer, which has an error shape of its own.
    at_the_edge: bool = False

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidArgumentError(ApiError):
    """A value in the request breaks a rule."""

    status = 400
    code = "INVALID_ARGUMENT"


class UnauthenticatedError(ApiError):
    """The API key is missing or unknown."""

    status = 401
    code = "UNAUTHENTICATED"
    at_the_edge = True


class ForbiddenError(ApiError):
    """The request is understood and refused."""

    status = 403
    code = "FORBIDDEN"


class OutOfRangeError(InvalidArgumentError):
    """A number is outside its range."""

    code = "OUT_OF_RANGE"


class PermissionDeniedError(ForbiddenError):
    """The key's or the account's roles, or the organization's plan, do not allow it."""

    code = "PERMISSION_DENIED"


class QuotaExceededError(ForbiddenError):
    """The plan allows no more of these."""

    code = "QUOTA_EXCEEDED"


class NotFoundError(ApiError):
    """What the request names does not exist in this project."""

    status = 404
    code = "NOT_FOUND"


class MethodNotAllowedError(ApiError):
    """The path exists, not with this method."""

    status = 405
    code = "UNIMPLEMENTED"


class AlreadyExistsError(ApiError):
    """The name is taken."""

    status = 409
    code = "ALREADY_EXISTS"


class AbortedError(ApiError):
    """The request would break what must always hold of an organization."""

    status = 409
    code = "ABORTED"


class FailedPreconditionError(ApiError):
    """What the request names is not in the state the request needs."""

    status = 412
    code = "FAILED_PRECONDITION"


class PayloadTooLargeError(ApiError):
    """The HTTP body is larger than the server reads."""

    status = 413
    code = "PAYLOAD_TOO_LARGE"


class UnprocessableError(ApiError):
    """The body is JSON of the wrong shape."""

    status = 422
    code = "UNPROCESSABLE_ENTITY"


class ResourceExhaustedError(ApiError):
    """Too many requests of this kind."""

    status = 429
    code = "RESOURCE_EXHAUSTED"


class InternalError(ApiError):
    """The emulator itself went wrong; its log says how."""


class UnimplementedError(ApiError):
    """Pinecone can do this, the emulator does not."""

    status = 501
    code = "UNIMPLEMENTED"

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"The operation {operation} is part of Pinecone's API but not of this emulator; nothing was done."
        )


class UnavailableError(ApiError):
    """The index cannot answer yet."""

    status = 503
    code = "UNAVAILABLE"


class OAuthError(ApiError):
    """No token is given; the code is one of OAuth's."""

    status = 400

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


class InjectedError(ApiError):
    """An error a test ordered through the control API."""

    at_the_edge = True
    CODES: ClassVar[dict[int, str]] = {
        400: "INVALID_ARGUMENT",
        401: "UNAUTHENTICATED",
        402: "PAYMENT_REQUIRED",
        403: "FORBIDDEN",
        404: "NOT_FOUND",
        409: "ALREADY_EXISTS",
        412: "FAILED_PRECONDITION",
        429: "RESOURCE_EXHAUSTED",
        503: "UNAVAILABLE",
        504: "DEADLINE_EXCEEDED",
    }

    def __init__(self, status: int, message: str, retry_after: int | None) -> None:
        super().__init__(message)
        self.status = status
        self.code = self.CODES.get(status, "UNKNOWN")
        self.retry_after = retry_after
        self.at_the_edge = status in {400, 401, 403, 429}
