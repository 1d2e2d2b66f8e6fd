"""Owns the doors of organizations, projects and API keys. Spec: Admin API."""

from __future__ import annotations

from flask import Blueprint, Response

from pinecone_emulator.admin import keys, organizations, projects
from pinecone_emulator.projects import Project
from pinecone_emulator.routes.context import backend, body, caller, json
from pinecone_emulator.versions import admin as wire

doors = Blueprint("admin", __name__, url_prefix="/admin")


@doors.get("/organizations")
def list_organizations() -> Response:
    """List the one organization."""
    found = organizations.find(backend(), caller(), caller().organization_id)
    return json({"data": [wire.organization(found, backend().quota.organization_plan)]})


@doors.get("/organizations/<organization_id>")
def fetch_organization(organization_id: str) -> Response:
    """Describe the organization."""
    found = organizations.find(backend(), caller(), organization_id)
    return json(wire.organization(found, backend().quota.organization_plan))


@doors.patch("/organizations/<organization_id>")
def update_organization(organization_id: str) -> Response:
    """Rename the organization."""
    found = organizations.rename(backend(), caller(), organization_id, body().text("name"))
    return json(wire.organization(found, backend().quota.organization_plan))


@doors.delete("/organizations/<organization_id>")
def delete_organization(organization_id: str) -> Response:
    """Delete the organization."""
    organizations.delete(backend(), caller(), organization_id)
    return Response(status=202)


@doors.get("/projects")
def list_projects() -> Response:
    """List the projects."""
    return json({"data": [_shown(project) for project in projects.all_of(backend(), caller())]})


@doors.post("/projects")
def create_project() -> Response:
    """Create a project."""
    wanted = body()
    project = projects.create(
        backend(),
        caller(),
        name=wanted.need("name", wanted.text("name")),
        max_pods=wanted.integer("max_pods"),
        force_encryption=wanted.boolean("force_encryption_with_cmek"),
    )
    return json(_shown(project))


@doors.get("/projects/<project_id>")
def fetch_project(project_id: str) -> Response:
    """Describe a project."""
    return json(_shown(projects.find(backend(), caller(), project_id)))


@doors.patch("/projects/<project_id>")
def update_project(project_id: str) -> Response:
    """Change a project."""
    wanted = body()
    project = projects.update(
        backend(),
        caller(),
        project_id,
        name=wanted.text("name"),
        max_pods=wanted.integer("max_pods"),
        force_encryption=wanted.boolean("force_encryption_with_cmek"),
    )
    return json(_shown(project))


@doors.delete("/projects/<project_id>")
def delete_project(project_id: str) -> Response:
    """Delete an empty project."""
    projects.delete(backend(), caller(), project_id)
    return Response(status=202)


@doors.get("/projects/<project_id>/api-keys")
def list_project_api_keys(project_id: str) -> Response:
    """List a project's keys."""
    return json({"data": [wire.api_key(key) for key in keys.of_project(backend(), caller(), project_id)]})


@doors.post("/projects/<project_id>/api-keys")
def create_api_key(project_id: str) -> Response:
    """Create a key; its value is told this once."""
    wanted = body()
    name = wanted.need("name", wanted.text("name"))
    key = keys.create(backend(), caller(), project_id, name, wanted.texts("roles"))
    return json({"key": wire.api_key(key), "value": key.value}, 201)


@doors.get("/api-keys/<key_id>")
def fetch_api_key(key_id: str) -> Response:
    """Describe a key."""
    return json(wire.api_key(keys.find(backend(), caller(), key_id)))


@doors.patch("/api-keys/<key_id>")
def update_api_key(key_id: str) -> Response:
    """Change a key."""
    wanted = body()
    return json(
        wire.api_key(keys.update(backend(), caller(), key_id, wanted.text("name"), wanted.texts("roles")))
    )


@doors.delete("/api-keys/<key_id>")
def delete_api_key(key_id: str) -> Response:
    """Revoke a key."""
    keys.delete(backend(), caller(), key_id)
    return Response(status=202)


def _shown(project: Project) -> dict[str, object]:
    return wire.project(project, caller().organization_id)
