"""Owns the admin plane on the wire, which is the same in every version that has an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinecone_emulator.clock import timestamp

if TYPE_CHECKING:
    from pinecone_emulator.admin.model import Invite, Organization, RoleBinding, ServiceAccount, User
    from pinecone_emulator.projects import ApiKey, Project


def organization(organization: Organization, plan: str) -> dict[str, Any]:
    """Return Organization."""
    return {
        "id": organization.id,
        "name": organization.name,
        "plan": plan,
        "payment_status": "Active",
        "created_at": timestamp(organization.created_at),
        "support_tier": "Free",
    }


def project(project: Project, organization_id: str) -> dict[str, Any]:
    """Return Project."""
    return {
        "id": project.id,
        "name": project.name,
        "max_pods": project.max_pods,
        "force_encryption_with_cmek": False,
        "organization_id": organization_id,
        "created_at": timestamp(project.created_at),
    }


def api_key(key: ApiKey) -> dict[str, Any]:
    """Return APIKey, with the `created_at` that the service adds."""
    return {
        "id": key.id,
        "name": key.name,
        "project_id": key.project_id,
        "roles": list(key.roles),
        "created_at": timestamp(key.created_at),
    }


def user(user: User) -> dict[str, Any]:
    """Return User."""
    body = {"id": user.id, "email": user.email}
    return body if user.name is None else {**body, "name": user.name}


def invite(invite: Invite, now: float) -> dict[str, Any]:
    """Return Invite."""
    return {
        "id": invite.id,
        "email": invite.email,
        "status": invite.status(now),
        "expires_at": timestamp(invite.expires_at),
        "processed_at": None if invite.processed_at is None else timestamp(invite.processed_at),
        "created_at": timestamp(invite.created_at),
    }


def service_account(account: ServiceAccount) -> dict[str, Any]:
    """Return ServiceAccount."""
    return {
        "id": account.id,
        "name": account.name,
        "client_id": account.client_id,
        "created_at": timestamp(account.created_at),
        "updated_at": timestamp(account.updated_at),
    }


def role_binding(binding: RoleBinding) -> dict[str, Any]:
    """Return RoleBinding."""
    return {
        "id": binding.id,
        "principal_type": binding.principal_type,
        "principal_id": binding.principal_id,
        "resource_type": binding.resource_type,
        "resource_id": binding.resource_id,
        "role": binding.role,
        "created_at": timestamp(binding.created_at),
    }
