"""Owns the doors of the index control plane. Spec: Manage Indexes."""

from __future__ import annotations

from flask import Blueprint, Response

from pinecone_emulator import configuring, indexes
from pinecone_emulator.routes.context import backend, body, json, project_id, version

doors = Blueprint("indexes", __name__)


@doors.get("/indexes")
def list_indexes() -> Response:
    """List the project's indexes."""
    return json({"indexes": [version().index(view) for view in indexes.all_of(backend(), project_id())]})


@doors.post("/indexes")
def create_index() -> Response:
    """Create an index."""
    view = indexes.create(backend(), project_id(), version().new_index(body()))
    return json(version().index(view), 201)


@doors.post("/indexes/create-for-model")
def create_index_for_model() -> Response:
    """Create an index with an integrated embedding model."""
    view = indexes.create_for_model(backend(), project_id(), version().new_model_index(body()))
    return json(version().index(view), 201)


@doors.get("/indexes/<name>")
def describe_index(name: str) -> Response:
    """Describe an index."""
    return json(version().index(indexes.view(backend(), indexes.find(backend(), project_id(), name))))


@doors.patch("/indexes/<name>")
def configure_index(name: str) -> Response:
    """Change an index."""
    view = configuring.configure(backend(), project_id(), name, version().index_changes(body()))
    return json(version().index(view), version().configure_status)


@doors.delete("/indexes/<name>")
def delete_index(name: str) -> Response:
    """Delete an index."""
    indexes.delete(backend(), project_id(), name)
    return Response(status=202)
