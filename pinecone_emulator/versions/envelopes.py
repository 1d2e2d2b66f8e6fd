"""Owns the error bodies all versions share: ErrorResponse, rpcStatus and that of OAuth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinecone_emulator.errors import ApiError
    from pinecone_emulator.versions.contract import Plane

#: google.rpc.Code numbers of the codes that ApiError uses.
RPC_CODES = {
    "UNKNOWN": 2,
    "INVALID_ARGUMENT": 3,
    "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5,
    "ALREADY_EXISTS": 6,
    "PERMISSION_DENIED": 7,
    "FORBIDDEN": 7,
    "RESOURCE_EXHAUSTED": 8,
    "QUOTA_EXCEEDED": 8,
    "FAILED_PRECONDITION": 9,
    "ABORTED": 10,
    "OUT_OF_RANGE": 11,
    "PAYLOAD_TOO_LARGE": 11,
    "UNIMPLEMENTED": 12,
    "UNAVAILABLE": 14,
    "UNAUTHENTICATED": 16,
}


def error_body(error: ApiError, plane: Plane, code: str) -> dict[str, Any]:
    """Return the JSON body of an error under the given code name."""
    if plane == "vectors":
        return {"code": RPC_CODES.get(error.code, 2), "message": error.message, "details": []}
    if plane == "oauth":
        return {"error": code.lower(), "error_description": error.message}
    return {"status": error.status, "error": {"code": code, "message": error.message}}
