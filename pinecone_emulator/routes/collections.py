"""Owns the doors of collections. Spec: Manage Indexes (collections)."""

from __future__ import annotations

from flask import Blueprint, Response

from pinecone_emulator import collections
from pinecone_emulator.routes.context import backend, body, json, project_id, version

doors = Blueprint("collections", __name__)


@doors.get("/collections")
def list_collections() -> Response:
    """List the project's collections."""
    views = collections.all_of(backend(), project_id())
    return json({"collections": [version().collection(view) for view in views]})


@doors.post("/collections")
def create_collection() -> Response:
    """Copy a pod-based index."""
    wanted = body()
    name, source = wanted.need("name", wanted.text("name")), wanted.need("source", wanted.text("source"))
    return json(version().collection(collections.create(backend(), project_id(), name, source)), 201)


@doors.get("/collections/<name>")
def describe_collection(name: str) -> Response:
    """Describe a collection."""
    found = collections.find(backend(), project_id(), name)
    return json(version().collection(collections.view(backend(), found)))


@doors.delete("/collections/<name>")
def delete_collection(name: str) -> Response:
    """Delete a collection."""
    collections.delete(backend(), project_id(), name)
    return Response(status=202)
