"""Owns the doors of text records. Spec: upsertRecordsNamespace, searchRecordsNamespace."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response

from pinecone_emulator import rates, records
from pinecone_emulator.names import internal_namespace
from pinecone_emulator.routes.context import (
    backend,
    body,
    holding_index,
    pace,
    raw_body,
    version,
    with_lsn,
    with_usage,
)

doors = Blueprint("records", __name__, url_prefix="/i/<slug>/records/namespaces/<path:namespace>")


@doors.post("/upsert")
def upsert_records(slug: str, namespace: str) -> Response:
    """Embed and store text records."""
    lines = raw_body()
    with holding_index(slug) as held:
        pace(held, namespace, rates.UPSERTS)
        pace(held, namespace, rates.UPSERTED_BYTES, len(lines))
        lsn = records.upsert(held, namespace, lines, backend().embed)
    return Response(status=201, headers={"x-pinecone-request-lsn": str(lsn)})


@doors.post("/search")
def search_records(slug: str, namespace: str) -> Response:
    """Find records near a text, a vector or a record."""
    wanted = body()
    with holding_index(slug) as held:
        pace(held, namespace, rates.QUERIES)
        hits, answer = records.search(held, namespace, wanted, backend().embed)
        raw = orjson.dumps(version().search_result(internal_namespace(namespace), hits))
    usage = version().search_usage(answer.usage, len(raw)) if answer.usage else None
    return with_lsn(with_usage(raw, usage), answer)
