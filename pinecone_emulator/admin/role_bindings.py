"""Owns the verbs of role bindings: who has which role over the organization or a project.

The roles of an API key are its bindings too: they are kept with the key, and have ids made of the key's and the role.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory
from pinecone_emulator.admin.model import (
    KEY_ROLES,
    ORGANIZATION_ROLES,
    PROJECT_ROLES,
    Grant,
    Invite,
    RoleBinding,
    ServiceAccount,
    User,
)
from pinecone_emulator.errors import (
    AbortedError,
    AlreadyExistsError,
    InvalidArgumentError,
    NotFoundError,
)
from pinecone_emulator.names import new_id
from pinecone_emulator.projects import ApiKey, save_key

if TYPE_CHECKING:
    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend

KEY_BINDINGS = uuid.UUID("6f0a4f5e-6a59-4b0e-9d0e-0b7f6f1f7a10")
PEOPLE: dict[str, type[User | Invite | ServiceAccount]] = {
    "user": User,
    "invite": Invite,
    "service_account": ServiceAccount,
}


def all_of(backend: Backend, caller: Caller) -> list[RoleBinding]:
    """Return the bindings the caller sees, oldest first."""
    bindings = [*backend.directory.all(RoleBinding)]
    for key in backend.projects.keys_of():
        bindings += (_of_key(key, role) for role in key.roles)
    seen = [
        one
        for one in bindings
        if (
            caller.organization_roles if one.resource_type == "organization" else caller.sees(one.resource_id)
        )
    ]
    return sorted(seen, key=lambda one: (one.created_at, one.id))


def find(backend: Backend, caller: Caller, binding_id: str) -> RoleBinding:
    """Return the binding of this id; raise NotFoundError if there is none that the caller sees."""
    for binding in all_of(backend, caller):
        if binding.id == binding_id:
            return binding
    raise NotFoundError(f"Role binding {binding_id[:80]} not found.")


def create(
    backend: Backend, caller: Caller, principal_type: str, principal_id: str, grant: Grant
) -> RoleBinding:
    """Give a principal a role.

    Raises NotFoundError, InvalidArgumentError, PermissionDeniedError, AlreadyExistsError for what it already has
    and for an invite that was accepted.
    """
    with backend.deciding:
        if principal_type == "api_key":
            return _create_of_key(backend, caller, principal_id, grant)
        principal: User | Invite | ServiceAccount | None = backend.directory.find(
            PEOPLE[principal_type], principal_id
        )
        if principal is None:
            raise NotFoundError(f"{principal_type} {principal_id[:80]} not found.")
        if isinstance(principal, Invite) and principal.processed_at is not None:
            raise AlreadyExistsError(
                "The invite has already been accepted; manage role bindings on the resulting user instead."
            )
        (binding,) = planned(backend, caller, principal_type, principal_id, [grant])
        if _same(binding) in {_same(one) for one in backend.directory.all(RoleBinding)}:
            raise AlreadyExistsError("A role binding with these attributes already exists.")
        with backend.database.writing() as connection:
            directory.save(connection, binding)
    return binding


def planned(
    backend: Backend, caller: Caller, principal_type: str, principal_id: str, grants: list[Grant]
) -> list[RoleBinding]:
    """Return the bindings these grants make, each once. Raises as `create`."""
    now = backend.clock.now()
    made: dict[tuple[str, ...], RoleBinding] = {}
    for grant in grants:
        if grant.resource_type == "project":
            project_id = grant.resource_id
            if not project_id:
                raise InvalidArgumentError("Bad request. resource_id is required for the scope project.")
            if backend.projects.find(project_id) is None:
                raise NotFoundError(f"Project {project_id[:80]} not found.")
            resource_id, roles = project_id, frozenset(PROJECT_ROLES)
        else:
            if grant.resource_id not in {None, caller.organization_id}:
                raise NotFoundError(f"Organization {(grant.resource_id or '')[:80]} not found.")
            resource_id, roles = caller.organization_id, frozenset(ORGANIZATION_ROLES)
        if grant.role not in roles:
            raise InvalidArgumentError(
                f"Bad request. The role {grant.role[:80]!r} cannot be bound at the scope {grant.resource_type}."
            )
        binding = RoleBinding(
            new_id(), principal_type, principal_id, grant.resource_type, resource_id, grant.role, now
        )
        caller.must_grant(binding, "organization::role_bindings::create")
        made[_same(binding)] = binding
    return list(made.values())


def delete(backend: Backend, caller: Caller, binding_id: str) -> None:
    """Take a role away; a user who had no other leaves the organization.

    Raises NotFoundError, PermissionDeniedError, AbortedError where somebody must keep it.
    """
    with backend.deciding:
        binding = find(backend, caller, binding_id)
        caller.must_grant(binding, "organization::role_bindings::delete")
        if binding.principal_type == "api_key":
            key = backend.projects.key(binding.principal_id)
            if key is not None:
                rest = tuple(role for role in key.roles if role != binding.role)
                with backend.database.writing() as connection:
                    save_key(connection, replace(key, roles=rest))
            return
        others = [one for one in of_principal(backend, binding.principal_id) if one.id != binding.id]
        _check_still_held(backend, binding, others)
        with backend.database.writing() as connection:
            directory.remove(connection, binding)
            user = backend.directory.find(User, binding.principal_id)
            if user is not None and not others:
                directory.remove(connection, user)


def of_principal(backend: Backend, principal_id: str) -> list[RoleBinding]:
    """Return the bindings of a user, an invite or a service account."""
    return [one for one in backend.directory.all(RoleBinding) if one.principal_id == principal_id]


def check_not_last_owner(backend: Backend, principal_id: str) -> None:
    """Raise AbortedError if this is the only user who owns the organization."""
    owners = {
        one.principal_id
        for one in backend.directory.all(RoleBinding)
        if (one.principal_type, one.role) == ("user", "OrgOwner")
    }
    if owners == {principal_id}:
        raise AbortedError("Cannot delete the last OrgOwner role binding for this organization.")


def _check_still_held(backend: Backend, binding: RoleBinding, others: list[RoleBinding]) -> None:
    if binding.role == "OrgOwner" and binding.principal_type == "user":
        check_not_last_owner(backend, binding.principal_id)
    if binding.resource_type != "organization" or any(one.resource_type == "organization" for one in others):
        return
    if binding.principal_type == "invite":
        raise AbortedError(
            "Cannot delete the last organization-membership role binding for a pending invite; "
            "delete the invite instead."
        )
    if binding.principal_type == "user" and others:
        raise AbortedError("Cannot delete the last organization-membership role binding for this user.")


def _create_of_key(backend: Backend, caller: Caller, key_id: str, grant: Grant) -> RoleBinding:
    key = backend.projects.key(key_id)
    if key is None or not caller.sees(key.project_id):
        raise NotFoundError(f"api_key {key_id[:80]} not found.")
    if grant.resource_type != "project" or grant.resource_id != key.project_id or grant.role not in KEY_ROLES:
        raise InvalidArgumentError(
            f"Bad request. The role {grant.role[:80]!r} cannot be bound to an API key at this scope: "
            "it takes the roles of keys, in its own project."
        )
    if grant.role in key.roles:
        raise AlreadyExistsError("A role binding with these attributes already exists.")
    binding = _of_key(key, grant.role)
    caller.must_grant(binding, "organization::role_bindings::create")
    with backend.database.writing() as connection:
        save_key(connection, replace(key, roles=(*key.roles, grant.role)))
    return binding


def _of_key(key: ApiKey, role: str) -> RoleBinding:
    binding_id = str(uuid.uuid5(KEY_BINDINGS, f"{key.id} {role}"))
    return RoleBinding(binding_id, "api_key", key.id, "project", key.project_id, role, key.created_at)


def _same(binding: RoleBinding) -> tuple[str, ...]:
    return (
        binding.principal_type,
        binding.principal_id,
        binding.resource_type,
        binding.resource_id,
        binding.role,
    )
