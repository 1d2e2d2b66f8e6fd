"""Owns the verbs of projects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pinecone_emulator.admin import directory
from pinecone_emulator.admin.model import RoleBinding
from pinecone_emulator.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    QuotaExceededError,
    UnimplementedError,
)
from pinecone_emulator.names import check_length, new_id
from pinecone_emulator.projects import Project, remove_project, save_project

if TYPE_CHECKING:
    from pinecone_emulator.admin.callers import Caller
    from pinecone_emulator.backend import Backend

NAME_LENGTH = 512


def all_of(backend: Backend, caller: Caller) -> list[Project]:
    """Return the projects the caller sees, oldest first."""
    return [project for project in backend.projects.all() if caller.sees(project.id)]


def find(backend: Backend, caller: Caller, project_id: str) -> Project:
    """Return the project of this id; raise NotFoundError if there is none that the caller sees."""
    project = backend.projects.find(project_id)
    if project is None or not caller.sees(project_id):
        raise NotFoundError(f"Project {project_id[:80]} not found.")
    return project


def create(
    backend: Backend, caller: Caller, *, name: str, max_pods: int | None, force_encryption: bool | None
) -> Project:
    """Create an empty project. Raises InvalidArgumentError, PermissionDeniedError, QuotaExceededError."""
    caller.must_manage("organization::projects::create")
    _check_encryption(force_encryption)
    project = Project(new_id(), _checked_name(name), backend.clock.now(), _checked_pods(max_pods or 0))
    with backend.deciding:
        allowed = backend.quota.projects
        if len(backend.projects.all()) >= allowed:
            raise QuotaExceededError(
                f"The organization's plan allows {allowed} project(s). Upgrade to create more."
            )
        with backend.database.writing() as connection:
            save_project(connection, project)
    return project


def update(
    backend: Backend,
    caller: Caller,
    project_id: str,
    *,
    name: str | None,
    max_pods: int | None,
    force_encryption: bool | None,
) -> Project:
    """Change a project; None leaves a part as it is. Raises as `find` and `create`."""
    with backend.deciding:
        project = find(backend, caller, project_id)
        caller.must_manage_project(project_id, "organization::projects::update")
        _check_encryption(force_encryption)
        if name is not None:
            project = replace(project, name=_checked_name(name))
        if max_pods is not None:
            project = replace(project, max_pods=_checked_pods(max_pods))
        with backend.database.writing() as connection:
            save_project(connection, project)
    return project


def delete(backend: Backend, caller: Caller, project_id: str) -> None:
    """Delete an empty project with its API keys and bindings.

    Raises as `find`, PermissionDeniedError, FailedPreconditionError naming the first kind of what is still in it.
    """
    with backend.deciding:
        find(backend, caller, project_id)
        caller.must_manage_project(project_id, "organization::projects::delete")
        catalogue = backend.catalogue
        counts = {
            "indexes": len(catalogue.indexes(project_id)),
            "collections": len(catalogue.collections(project_id)),
            "backups": len(catalogue.backups(project_id)),
        }
        for kind, count in counts.items():
            if count:
                raise FailedPreconditionError(
                    f"Unable to delete project. It still contains {count} {kind}: delete them first."
                )
        with backend.database.writing() as connection:
            for binding in backend.directory.all(RoleBinding):
                if binding.resource_id == project_id:
                    directory.remove(connection, binding)
            remove_project(connection, project_id)


def _checked_name(name: str) -> str:
    return check_length(name, NAME_LENGTH, "Project name")


def _checked_pods(max_pods: int) -> int:
    if not 0 <= max_pods < 2**31:
        raise InvalidArgumentError("Bad request. max_pods must be 0 or more.")
    return max_pods


def _check_encryption(force_encryption: bool | None) -> None:
    if force_encryption:
        raise UnimplementedError("force_encryption_with_cmek")
