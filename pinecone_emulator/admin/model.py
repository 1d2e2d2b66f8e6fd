"""Owns the records of an organization and of who may do what in it. Times are seconds by the emulator's clock."""

from __future__ import annotations

from dataclasses import dataclass

ORGANIZATION_ROLES = ("OrgOwner", "OrgManager", "OrgMember", "OrgBillingAdmin")
KEY_ROLES = (
    "ProjectEditor",
    "ProjectViewer",
    "ControlPlaneEditor",
    "ControlPlaneViewer",
    "DataPlaneEditor",
    "DataPlaneViewer",
)
PROJECT_ROLES = ("ProjectOwner", "ProjectManager", "ProjectMember", *KEY_ROLES)
PRINCIPALS = ("user", "service_account", "api_key", "invite")
RESOURCES = ("organization", "project")


@dataclass(frozen=True, slots=True)
class Organization:
    """The one organization of an emulator; its plan is a setting."""

    id: str
    name: str
    created_at: float


@dataclass(frozen=True, slots=True)
class User:
    """A person who belongs to the organization."""

    id: str
    email: str
    name: str | None
    created_at: float


@dataclass(frozen=True, slots=True)
class Invite:
    """An offer to join; `sent_at` are the times of its latest emails, `processed_at` when it was accepted."""

    id: str
    email: str
    created_at: float
    expires_at: float
    sent_at: tuple[float, ...]
    processed_at: float | None = None

    def status(self, now: float) -> str:
        """Return pending, expired or processed."""
        if self.processed_at is not None:
            return "processed"
        return "expired" if now >= self.expires_at else "pending"


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A machine that may use the admin API; of its secret only the hash is kept."""

    id: str
    name: str
    client_id: str
    secret_hash: str
    created_at: float
    updated_at: float


@dataclass(frozen=True, slots=True)
class RoleBinding:
    """A role given to a principal over the organization or a project."""

    id: str
    principal_type: str
    principal_id: str
    resource_type: str
    resource_id: str
    role: str
    created_at: float


@dataclass(frozen=True, slots=True)
class Grant:
    """A role asked for when its principal is made; `resource_id` is a project's or None for the organization."""

    resource_type: str
    role: str
    resource_id: str | None = None
