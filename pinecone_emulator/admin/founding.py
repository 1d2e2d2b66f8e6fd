"""Owns what an emulator starts with: its organization, one owner, and the ready-made service account."""

from __future__ import annotations

import secrets
import uuid
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory
from pinecone_emulator.admin.model import Organization, RoleBinding, ServiceAccount, User
from pinecone_emulator.admin.role_bindings import of_principal
from pinecone_emulator.admin.tokens import hashed

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend

NAME = "development"
OWNER_EMAIL = "owner@example.com"


def found(backend: Backend) -> None:
    """Make what is missing of the organization, its owner and the service account that the settings name."""
    now, book = backend.clock.now(), backend.directory
    settings = backend.settings
    with backend.database.writing() as connection:
        organization = book.organization()
        if organization is None:
            organization = Organization(f"-{secrets.token_hex(10)[:19]}", NAME, now)
            owner = User(str(uuid.uuid4()), OWNER_EMAIL, "Owner", now)
            directory.save(connection, organization, owner, _owning(organization, "user", owner.id, now))
        secret_hash = hashed(settings.client_secret)
        known = {account.client_id: account for account in book.all(ServiceAccount)}.get(settings.client_id)
        if known is not None and known.secret_hash == secret_hash:
            return
        account = ServiceAccount(str(uuid.uuid4()), NAME, settings.client_id, secret_hash, now, now)
        if known is not None:
            directory.remove(connection, *of_principal(backend, known.id), known)
        directory.save(connection, account)
        directory.save(connection, _owning(organization, "service_account", account.id, now))


def _owning(organization: Organization, kind: str, principal_id: str, now: float) -> RoleBinding:
    return RoleBinding(
        str(uuid.uuid4()), kind, principal_id, "organization", organization.id, "OrgOwner", now
    )
