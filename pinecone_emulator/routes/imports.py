"""Owns the doors of bulk imports. Spec: Bulk Operations of the data plane."""

from __future__ import annotations

from flask import Blueprint, Response

from pinecone_emulator import imports
from pinecone_emulator.routes.context import backend, body, holding_index, json
from pinecone_emulator.routes.pages import data_page

doors = Blueprint("imports", __name__, url_prefix="/i/<slug>/bulk/imports")


@doors.post("")
def start_import(slug: str) -> Response:
    """Begin to import a directory of Parquet files."""
    wanted = body()
    with holding_index(slug) as held:
        return json(imports.start(backend(), held, wanted))


@doors.get("")
def list_imports(slug: str) -> Response:
    """List the index's imports."""
    with holding_index(slug) as held:
        found = imports.of_index(backend(), held)
    return data_page(found, _import_id, lambda each: imports.body(backend(), each))


@doors.get("/<import_id>")
def describe_import(slug: str, import_id: str) -> Response:
    """Describe an import."""
    with holding_index(slug) as held:
        return json(imports.body(backend(), imports.find(backend(), held, import_id)))


@doors.delete("/<import_id>")
def cancel_import(slug: str, import_id: str) -> Response:
    """Cancel an import that is not finished."""
    with holding_index(slug) as held:
        imports.cancel(backend(), held, import_id)
    return json({})


def _import_id(found: imports.Import) -> str:
    return str(found.number)
