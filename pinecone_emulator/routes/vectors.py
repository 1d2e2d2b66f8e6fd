"""Owns the doors of the vector and namespace operations, under an index's host `/i/<slug>`. Spec: data plane."""

from __future__ import annotations

from flask import Blueprint, Response, request

from pinecone_emulator import counting, limits, namespaces, rates, vectors
from pinecone_emulator.bulk import quickly_read
from pinecone_emulator.errors import InvalidArgumentError, NotFoundError
from pinecone_emulator.paging import limit_of
from pinecone_emulator.payload import Payload, parse_object
from pinecone_emulator.routes.context import (
    answered,
    body,
    holding_index,
    json,
    pace,
    raw_body,
    version,
    with_lsn,
)

doors = Blueprint("vectors", __name__, url_prefix="/i/<slug>")


@doors.post("/vectors/upsert")
def upsert(slug: str) -> Response:
    """Store vectors."""
    wanted = _vectors_body()
    with holding_index(slug) as held:
        pace(held, wanted.text("namespace"), rates.UPSERTS)
        pace(held, wanted.text("namespace"), rates.UPSERTED_BYTES, request.content_length or 0)
        answer = vectors.upsert(held, wanted)
    return answered(answer)


@doors.post("/query")
def query(slug: str) -> Response:
    """Find the nearest vectors."""
    wanted = body()
    with holding_index(slug) as held:
        pace(held, wanted.text("namespace"), rates.QUERIES)
        answer = vectors.query(held, wanted)
        pace(held, None, rates.READ_UNITS, answer.usage.read_units if answer.usage else 0)
    response = answered(answer)
    if (response.content_length or 0) > limits.QUERY_RESULT_BYTES:
        raise InvalidArgumentError(
            "Bad request. The query result exceeds 4MB; ask for fewer matches or no values."
        )
    return response


@doors.get("/vectors/fetch")
def fetch(slug: str) -> Response:
    """Return vectors by id."""
    with holding_index(slug) as held:
        pace(held, None, rates.FETCHES)
        answer = vectors.fetch(held, request.args.get("namespace"), request.args.getlist("ids"))
    return answered(answer)


@doors.post("/vectors/fetch_by_metadata")
def fetch_by_metadata(slug: str) -> Response:
    """Return vectors by filter."""
    _need("fetch_by_metadata")
    wanted = body()
    with holding_index(slug) as held:
        pace(held, None, rates.FETCHES)
        answer = vectors.fetch_by_metadata(held, wanted)
    return answered(answer)


@doors.post("/vectors/update")
def update(slug: str) -> Response:
    """Change vectors."""
    wanted = body()
    by_filter_allowed = "update_by_filter" not in version().absent
    with holding_index(slug) as held:
        by_metadata = by_filter_allowed and wanted.data.get("filter") is not None
        pace(held, wanted.text("namespace"), rates.UPDATES_BY_METADATA if by_metadata else rates.UPDATES)
        if by_metadata:
            pace(held, None, rates.UPDATES_BY_METADATA_OF_INDEX)
        answer, matched = vectors.update(held, wanted, by_filter_allowed=by_filter_allowed)
    return with_lsn(json(version().updated(matched)), answer)


@doors.post("/vectors/delete")
def delete(slug: str) -> Response:
    """Delete vectors."""
    wanted = body()
    with holding_index(slug) as held:
        pace(held, wanted.text("namespace"), rates.DELETES)
        pace(held, wanted.text("namespace"), rates.DELETED_RECORDS, len(wanted.texts("ids") or []))
        answer = vectors.delete(held, wanted)
    return answered(answer)


@doors.get("/vectors/list")
def list_vectors(slug: str) -> Response:
    """List ids."""
    asked = request.args
    limit = limit_of(asked.get("limit"))
    with holding_index(slug) as held:
        pace(held, None, rates.LISTS)
        answer = vectors.list_ids(
            held, asked.get("namespace"), asked.get("prefix", ""), limit, asked.get("paginationToken")
        )
    return answered(answer)


@doors.post("/describe_index_stats")
def describe_index_stats(slug: str) -> Response:
    """Count the index's records."""
    wanted = body(optional=True)
    with holding_index(slug) as held:
        pace(held, None, rates.STATS)
        answer = counting.stats(held, wanted)
    return answered(answer)


@doors.get("/namespaces")
def list_namespaces(slug: str) -> Response:
    """List namespaces."""
    asked = request.args
    limit = limit_of(asked.get("limit"))
    with holding_index(slug) as held:
        return json(
            namespaces.page(held, version(), asked.get("prefix", ""), limit, asked.get("paginationToken"))
        )


@doors.post("/namespaces")
def create_namespace(slug: str) -> Response:
    """Create an empty namespace."""
    _need("create_namespace")
    wanted = body()
    with holding_index(slug) as held:
        return json(namespaces.create(held, version(), wanted))


@doors.get("/namespaces/<path:namespace>")
def describe_namespace(slug: str, namespace: str) -> Response:
    """Describe a namespace."""
    with holding_index(slug) as held:
        pace(held, namespace, rates.DESCRIPTIONS)
        return json(namespaces.describe(held, version(), namespace))


@doors.delete("/namespaces/<path:namespace>")
def delete_namespace(slug: str, namespace: str) -> Response:
    """Delete a namespace and its records."""
    with holding_index(slug) as held:
        answer = namespaces.delete(held, namespace)
    return answered(answer)


def _need(operation: str) -> None:
    if operation in version().absent:
        raise NotFoundError(f"The operation {operation} does not exist in API version {version().date}.")


def _vectors_body() -> Payload:
    raw = raw_body()
    return Payload(quickly_read(raw) or parse_object(raw), error=InvalidArgumentError, length=len(raw))
