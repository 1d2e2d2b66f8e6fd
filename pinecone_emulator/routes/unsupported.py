"""Owns the operations of Pinecone that are not emulated: each answers 501 with its name, never a silent success."""

from __future__ import annotations

from typing import NoReturn

from flask import Blueprint, Response

from pinecone_emulator.errors import UnimplementedError
from pinecone_emulator.routes.context import json

doors = Blueprint("unsupported", __name__)

INDEX = "/i/<slug>"
DOCUMENTS = f"{INDEX}/namespaces/<path:namespace>/documents"
OPERATIONS = (
    ("GET", "/prometheus/projects/<name>/metrics/discover", "discover_metrics"),
    ("POST", f"{DOCUMENTS}/upsert", "upsertDocuments"),
    ("POST", f"{DOCUMENTS}/search", "searchDocuments"),
    ("POST", f"{DOCUMENTS}/fetch", "fetchDocuments"),
    ("POST", f"{DOCUMENTS}/list", "listDocuments"),
    ("POST", f"{DOCUMENTS}/delete", "deleteDocuments"),
    ("POST", f"{DOCUMENTS}/update", "updateDocuments"),
    ("GET", f"{INDEX}/namespace-aliases", "listNamespaceAliases"),
    ("POST", f"{INDEX}/namespace-aliases", "createNamespaceAlias"),
    ("GET", f"{INDEX}/namespace-aliases/<name>", "describeNamespaceAlias"),
    ("PATCH", f"{INDEX}/namespace-aliases/<name>", "repointNamespaceAlias"),
    ("DELETE", f"{INDEX}/namespace-aliases/<name>", "deleteNamespaceAlias"),
)
#: Whole planes, which have keys of their own: they answer 501 before any key is asked for.
ASSISTANTS = "/assistant/assistants"
PLANES = (("/assistant", "assistant"),)


def _door(operation: str) -> None:
    method, rule, name = next(entry for entry in OPERATIONS if entry[2] == operation)

    def refuse(**_: str) -> NoReturn:
        raise UnimplementedError(name)

    doors.add_url_rule(rule, name, refuse, methods=[method])


for _, _, _operation in OPERATIONS:
    _door(_operation)


@doors.get(ASSISTANTS)
def list_assistants() -> Response:
    """List the assistants: where none can be made there are none."""
    return json({"assistants": []})


def refuse_plane(method: str, path: str) -> None:
    """Raise UnimplementedError for a path of a plane that is not emulated."""
    if (method, path) == ("GET", ASSISTANTS):
        return
    for prefix, name in PLANES:
        if path == prefix or path.startswith(f"{prefix}/"):
            raise UnimplementedError(name)
