"""Owns what a service account may do by its role bindings.

An organization role reads everything. OrgOwner and OrgManager change everything, but an OrgManager neither the
organization itself nor its owners. ProjectOwner and ProjectManager change their project, its keys and its bindings,
but a ProjectManager not its owners. Any role in a project reads that project.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pinecone_emulator.admin.model import RoleBinding, ServiceAccount
from pinecone_emulator.errors import NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from pinecone_emulator.backend import Backend

MANAGERS = frozenset({"OrgOwner", "OrgManager"})
PROJECT_MANAGERS = frozenset({"ProjectOwner", "ProjectManager"})


@dataclass(frozen=True, slots=True)
class Caller:
    """A service account that calls, with its roles; `organization_id` is where it belongs."""

    account: ServiceAccount
    organization_id: str
    organization_roles: frozenset[str]
    project_roles: dict[str, frozenset[str]]

    def sees(self, project_id: str) -> bool:
        """Return whether the caller may know of a project."""
        return bool(self.organization_roles or self.project_roles.get(project_id))

    def must_read(self, permission: str) -> None:
        """Raise PermissionDeniedError unless the caller reads the organization."""
        if not self.organization_roles:
            raise _denied(permission)

    def must_manage(self, permission: str) -> None:
        """Raise PermissionDeniedError unless the caller changes the organization's people and projects."""
        if not self.organization_roles & MANAGERS:
            raise _denied(permission)

    def must_own(self, permission: str) -> None:
        """Raise PermissionDeniedError unless the caller owns the organization."""
        if "OrgOwner" not in self.organization_roles:
            raise _denied(permission)

    def must_manage_project(self, project_id: str, permission: str) -> None:
        """Raise PermissionDeniedError unless the caller changes this project."""
        roles = self.project_roles.get(project_id, frozenset())
        if not self.organization_roles & MANAGERS and not roles & PROJECT_MANAGERS:
            raise _denied(permission)

    def must_grant(self, binding: RoleBinding, permission: str) -> None:
        """Raise PermissionDeniedError unless the caller may give and take this role, which it must not outrank."""
        if binding.resource_type == "organization":
            self.must_manage(permission)
        else:
            self.must_manage_project(binding.resource_id, permission)
        mine = self.project_roles.get(binding.resource_id, frozenset())
        higher = {
            "OrgOwner": "OrgOwner" in self.organization_roles,
            "ProjectOwner": bool(self.organization_roles & MANAGERS) or "ProjectOwner" in mine,
        }
        if not higher.get(binding.role, True):
            raise PermissionDeniedError(
                f"Access denied: you cannot grant or revoke {binding.role}, a role above yours."
            )


def caller_of(backend: Backend, account: ServiceAccount) -> Caller:
    """Return what this account may do. Raises NotFoundError if the organization is gone."""
    organization = backend.directory.organization()
    if organization is None:
        raise NotFoundError("Organization not found.")
    own = [
        binding
        for binding in backend.directory.all(RoleBinding)
        if (binding.principal_type, binding.principal_id) == ("service_account", account.id)
    ]
    of_projects = {binding.resource_id for binding in own if binding.resource_type == "project"}
    return Caller(
        account,
        organization.id,
        frozenset(binding.role for binding in own if binding.resource_type == "organization"),
        {
            project_id: frozenset(binding.role for binding in own if binding.resource_id == project_id)
            for project_id in of_projects
        },
    )


def _denied(permission: str) -> PermissionDeniedError:
    return PermissionDeniedError(f"Access denied: Permission {permission} is required")
