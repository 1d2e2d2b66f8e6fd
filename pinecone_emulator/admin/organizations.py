"""Owns the verbs of the organization."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory
from pinecone_emulator.admin.model import Invite, Organization, RoleBinding, ServiceAccount, User
from pinecone_emulator.errors import FailedPreconditionError, NotFoundError
from pinecone_emulator.names import check_length

if TYPE_CHECKING:
    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend

NAME_LENGTH = 512


def find(backend: Backend, caller: Caller, organization_id: str) -> Organization:
    """Return the organization. Raises NotFoundError for any other, PermissionDeniedError."""
    caller.must_read("organization::organizations::describe")
    organization = backend.directory.find(Organization, organization_id)
    if organization is None:
        raise NotFoundError(f"Organization {organization_id[:80]} not found.")
    return organization


def rename(backend: Backend, caller: Caller, organization_id: str, name: str | None) -> Organization:
    """Give the organization another name. Raises as `find`, InvalidArgumentError."""
    with backend.deciding:
        organization = find(backend, caller, organization_id)
        caller.must_own("organization::organizations::update")
        if name is not None:
            organization = replace(organization, name=check_length(name, NAME_LENGTH, "Organization name"))
        with backend.database.writing() as connection:
            directory.save(connection, organization)
    return organization


def delete(backend: Backend, caller: Caller, organization_id: str) -> None:
    """Delete the organization with its people and service accounts. Raises as `find`, FailedPreconditionError."""
    with backend.deciding:
        find(backend, caller, organization_id)
        caller.must_own("organization::organizations::delete")
        if backend.quota.organization_plan != "Free":
            raise FailedPreconditionError("Unable to delete organization. Downgrade to the free plan first.")
        projects = len(backend.projects.all())
        if projects:
            raise FailedPreconditionError(
                f"Unable to delete organization. It still contains {projects} project(s)."
            )
        with backend.database.writing() as connection:
            for kind in (RoleBinding, Invite, User, ServiceAccount, Organization):
                directory.remove(connection, *backend.directory.all(kind))
