"""Owns the verbs of the namespace operations: list, create, describe, delete. Spec: Namespace Operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pinecone_emulator.errors import AlreadyExistsError, InvalidArgumentError, NotFoundError
from pinecone_emulator.model import DEFAULT_NAMESPACE
from pinecone_emulator.names import check_field_names, internal_namespace
from pinecone_emulator.paging import after, token_for
from pinecone_emulator.vectors import Answer
from pinecone_emulator.versions.requests import filterable_fields

if TYPE_CHECKING:
    from pinecone_emulator.engine import OpenIndex
    from pinecone_emulator.namespace import Namespace
    from pinecone_emulator.payload import Payload
    from pinecone_emulator.versions import Version


def page(held: OpenIndex, version: Version, prefix: str, limit: int, token: str | None) -> dict[str, Any]:
    """Return a page of namespaces in C order of the names they are shown by."""
    shown = sorted(name or DEFAULT_NAMESPACE for name in held.names())
    shown = [name for name in shown if name.startswith(prefix)]
    last = after(token)
    rest = [name for name in shown if last is None or name > last]
    described = [describe(held, version, name) for name in rest[:limit]]
    return version.namespaces(
        described, token_for(rest[limit - 1]) if len(rest) > limit else None, len(shown)
    )


def create(held: OpenIndex, version: Version, payload: Payload) -> dict[str, Any]:
    """Create an empty namespace, with a metadata schema if one is given.

    Raises AlreadyExistsError (the default one always exists), ForbiddenError by quota.
    """
    shown = payload.need("name", payload.text("name"))
    if not shown:
        raise InvalidArgumentError("Bad request. The name of a namespace must not be empty.")
    name = internal_namespace(shown)
    fields = filterable_fields(payload.object("schema"))
    if not name or held.namespace(name) is not None:
        raise AlreadyExistsError(f"Namespace {shown} already exists.")
    held.create_namespace(name, None if fields is None else list(check_field_names(list(fields))))
    return describe(held, version, shown)


def describe(held: OpenIndex, version: Version, shown: str) -> dict[str, Any]:
    """Return one namespace; raise NotFoundError."""
    namespace = _find(held, shown)
    declared = namespace.filterable_fields or held.index.blueprint.filterable_fields
    fields = list(declared) if declared is not None else namespace.columns.names(namespace.end)
    return version.namespace(
        namespace.name, len(namespace), namespace.data_bytes, fields, declared=declared is not None
    )


def delete(held: OpenIndex, shown: str) -> Answer:
    """Delete a namespace and all its records; raise NotFoundError."""
    return Answer({}, written_lsn=held.remove_namespace(_find(held, shown)))


def _find(held: OpenIndex, shown: str) -> Namespace:
    namespace = held.namespace(internal_namespace(shown))
    if namespace is None:
        raise NotFoundError(f"Namespace {shown[:80]} not found.")
    return namespace
