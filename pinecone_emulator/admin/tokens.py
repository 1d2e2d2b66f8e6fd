"""Owns access tokens: service accounts get them by client credentials, and they open the admin API for a while."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory
from pinecone_emulator.admin.model import ServiceAccount
from pinecone_emulator.errors import OAuthError, UnauthenticatedError

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend
    from pinecone_emulator.payload import Payload

AUDIENCE = "https://api.pinecone.io/"
BEARER = "bearer "
UNAUTHORIZED = 401
FORBIDDEN = 403


def hashed(secret: str) -> str:
    """Return what is kept of a client secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue(backend: Backend, wanted: Payload) -> tuple[str, int]:
    """Return a new access token and for how many seconds it is good. Raises OAuthError."""
    given = {}
    for name in ("grant_type", "client_id", "client_secret", "audience"):
        value = wanted.data.get(name)
        if not isinstance(value, str) or not value:
            raise OAuthError("invalid_request", f"Missing required parameter: {name}")
        given[name] = value
    if given["grant_type"] != "client_credentials":
        raise OAuthError("unsupported_grant_type", "Only client_credentials is supported.")
    if given["audience"] != AUDIENCE:
        raise OAuthError("access_denied", f"Service not found: {given['audience'][:80]}", FORBIDDEN)
    with backend.deciding:
        secret_hash = hashed(given["client_secret"])
        for account in backend.directory.all(ServiceAccount):
            known = secrets.compare_digest(account.secret_hash, secret_hash)
            if known and account.client_id == given["client_id"]:
                token, now = secrets.token_urlsafe(48), backend.clock.now()
                good_for = int(backend.settings.token_seconds)
                with backend.database.writing() as connection:
                    directory.save_token(connection, token, account.id, now + good_for, now)
                return token, good_for
    raise OAuthError("access_denied", "Unauthorized", UNAUTHORIZED)


def account_of(backend: Backend, authorization: str | None) -> ServiceAccount:
    """Return the service account an Authorization header speaks for; raise UnauthenticatedError."""
    if authorization and authorization.lower().startswith(BEARER):
        token = authorization[len(BEARER) :].strip()
        account = backend.directory.account_of_token(token, backend.clock.now())
        if account is not None:
            return account
    raise UnauthenticatedError("Invalid API key.")
