"""Owns the verbs of service accounts."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory, role_bindings
from pinecone_emulator.admin.model import Grant, ServiceAccount
from pinecone_emulator.admin.tokens import hashed
from pinecone_emulator.errors import InvalidArgumentError, NotFoundError
from pinecone_emulator.names import new_id

if TYPE_CHECKING:
    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend

NAME_BYTES = 80


def all_of(backend: Backend, caller: Caller) -> list[ServiceAccount]:
    """Return the service accounts, oldest first. Raises PermissionDeniedError."""
    caller.must_read("organization::service_accounts::list")
    return backend.directory.all(ServiceAccount)


def find(backend: Backend, caller: Caller, account_id: str) -> ServiceAccount:
    """Return the service account of this id. Raises NotFoundError, PermissionDeniedError."""
    caller.must_read("organization::service_accounts::describe")
    account = backend.directory.find(ServiceAccount, account_id)
    if account is None:
        raise NotFoundError(f"Service account {account_id[:80]} not found.")
    return account


def create(backend: Backend, caller: Caller, name: str, grants: list[Grant]) -> tuple[ServiceAccount, str]:
    """Create a service account; return it and its secret. Raises InvalidArgumentError, PermissionDeniedError."""
    caller.must_manage("organization::service_accounts::create")
    secret, now = secrets.token_urlsafe(48), backend.clock.now()
    account = ServiceAccount(
        new_id(), _checked_name(name), secrets.token_urlsafe(24), hashed(secret), now, now
    )
    with backend.deciding:
        bindings = role_bindings.planned(backend, caller, "service_account", account.id, grants)
        with backend.database.writing() as connection:
            directory.save(connection, account, *bindings)
    return account, secret


def rename(backend: Backend, caller: Caller, account_id: str, name: str | None) -> ServiceAccount:
    """Give a service account another name. Raises as `find`, InvalidArgumentError."""
    with backend.deciding:
        account = find(backend, caller, account_id)
        caller.must_manage("organization::service_accounts::update")
        if name is not None:
            account = replace(account, name=_checked_name(name), updated_at=backend.clock.now())
        with backend.database.writing() as connection:
            directory.save(connection, account)
    return account


def rotate(backend: Backend, caller: Caller, account_id: str) -> tuple[ServiceAccount, str]:
    """Give a service account another secret; the old one and its tokens stop at once. Raises as `find`."""
    with backend.deciding:
        account = find(backend, caller, account_id)
        caller.must_manage("organization::service_accounts::rotate_secret")
        secret = secrets.token_urlsafe(48)
        account = replace(account, secret_hash=hashed(secret), updated_at=backend.clock.now())
        with backend.database.writing() as connection:
            directory.save(connection, account)
            directory.revoke_tokens(connection, account.id)
    return account, secret


def delete(backend: Backend, caller: Caller, account_id: str) -> None:
    """Delete a service account; its tokens stop at once. Raises as `find`."""
    with backend.deciding:
        account = find(backend, caller, account_id)
        caller.must_manage("organization::service_accounts::delete")
        with backend.database.writing() as connection:
            directory.remove(connection, *role_bindings.of_principal(backend, account.id), account)


def _checked_name(name: str) -> str:
    if not 1 <= len(name.encode()) <= NAME_BYTES:
        raise InvalidArgumentError(f"Service account name must be 1-{NAME_BYTES} bytes long.")
    return name
