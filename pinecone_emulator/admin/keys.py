"""Owns the verbs of API keys."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.admin import projects
from pinecone_emulator.admin.model import KEY_ROLES
from pinecone_emulator.errors import InvalidArgumentError, NotFoundError
from pinecone_emulator.names import check_length, new_id
from pinecone_emulator.projects import DEFAULT_ROLES, ApiKey, remove_key, save_key

if TYPE_CHECKING:
    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend

NAME_LENGTH = 80
LABEL_LENGTH = 6
NOT_IN_A_LABEL = re.compile("[^A-Za-z0-9]")


def of_project(backend: Backend, caller: Caller, project_id: str) -> list[ApiKey]:
    """Return a project's keys, oldest first. Raises NotFoundError."""
    projects.find(backend, caller, project_id)
    return backend.projects.keys_of(project_id)


def find(backend: Backend, caller: Caller, key_id: str) -> ApiKey:
    """Return the key of this id; raise NotFoundError if there is none that the caller sees."""
    key = backend.projects.key(key_id)
    if key is None or not caller.sees(key.project_id):
        raise NotFoundError(f"API key {key_id[:80]} not found.")
    return key


def create(backend: Backend, caller: Caller, project_id: str, name: str, roles: list[str] | None) -> ApiKey:
    """Create a key of a project. Raises NotFoundError, InvalidArgumentError, PermissionDeniedError."""
    with backend.deciding:
        projects.find(backend, caller, project_id)
        caller.must_manage_project(project_id, "organization::api_keys::create")
        check_length(name, NAME_LENGTH, "API key name")
        label = NOT_IN_A_LABEL.sub("", secrets.token_urlsafe(12))[:LABEL_LENGTH]
        value = f"pckey_{label}_{secrets.token_hex(32)}"
        key = ApiKey(new_id(), project_id, name, value, _checked(roles), backend.clock.now())
        with backend.database.writing() as connection:
            save_key(connection, key)
    return key


def update(
    backend: Backend, caller: Caller, key_id: str, name: str | None, roles: list[str] | None
) -> ApiKey:
    """Change a key's name or roles; None leaves them. Raises as `find` and `create`."""
    with backend.deciding:
        key = find(backend, caller, key_id)
        caller.must_manage_project(key.project_id, "organization::api_keys::update")
        if name is not None:
            key = replace(key, name=check_length(name, NAME_LENGTH, "API key name"))
        if roles is not None:
            key = replace(key, roles=_checked(roles))
        with backend.database.writing() as connection:
            save_key(connection, key)
    return key


def delete(backend: Backend, caller: Caller, key_id: str) -> None:
    """Delete a key, which stops at once. Raises as `find`, PermissionDeniedError."""
    with backend.deciding:
        key = find(backend, caller, key_id)
        caller.must_manage_project(key.project_id, "organization::api_keys::delete")
        with backend.database.writing() as connection:
            remove_key(connection, key.id)


def _checked(roles: list[str] | None) -> tuple[str, ...]:
    if roles is None:
        return DEFAULT_ROLES
    for role in roles:
        if role not in KEY_ROLES:
            raise InvalidArgumentError(f"Bad request. An API key cannot have the role {role[:80]!r}.")
    if not roles:
        raise InvalidArgumentError("Bad request. An API key must have a role.")
    return tuple(dict.fromkeys(roles))
