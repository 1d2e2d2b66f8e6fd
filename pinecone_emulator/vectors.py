"""Owns the verbs of the vector operations: upsert, query, fetch, update, delete, list.

Each takes an index that is held (see `engine.Engine.holding`) and a parsed body, and returns an Answer. All raise
InvalidArgumentError for what breaks a rule. Spec: Vector Operations of the data plane.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pinecone_emulator import limits
from pinecone_emulator.errors import InvalidArgumentError, NotFoundError
from pinecone_emulator.filters import parse
from pinecone_emulator.incoming import check_tuning, dense_of, metadata_of, queried, records_of, sparse_of
from pinecone_emulator.model import Usage
from pinecone_emulator.names import check_record_id, internal_namespace
from pinecone_emulator.paging import after, token_for
from pinecone_emulator.record import Record
from pinecone_emulator.search import Query, nearest

if TYPE_CHECKING:
    from pinecone_emulator.engine import OpenIndex
    from pinecone_emulator.filters import Filter
    from pinecone_emulator.namespace import Namespace
    from pinecone_emulator.payload import Payload

GIGABYTE = 1_000_000_000
RECORDS_PER_READ_UNIT = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body, with what it cost and which LSN it wrote (writes) or saw (reads)."""

    body: dict[str, Any]
    usage: Usage | None = None
    written_lsn: int | None = None
    seen_lsn: int | None = None


def upsert(held: OpenIndex, payload: Payload) -> Answer:
    """Store vectors; those that exist are replaced."""
    name = internal_namespace(payload.text("namespace"))
    vectors = payload.need("vectors", payload.items("vectors"))
    lsn = held.put(name, records_of(vectors, held.index.blueprint))
    return Answer({"upsertedCount": len(vectors)}, written_lsn=lsn)


def query(held: OpenIndex, payload: Payload) -> Answer:
    """Find the nearest vectors to a vector or to a stored record's; an unknown id has no neighbours."""
    if payload.data.get("queries") is not None:
        raise InvalidArgumentError("Bad request. The field queries is no longer supported.")
    name = internal_namespace(payload.text("namespace"))
    top_k = checked_top_k(payload.need("topK", payload.integer("topK")))
    check_tuning(payload, top_k)
    condition = condition_of(payload)
    namespace = held.namespace(name)
    wanted = _wanted(held, namespace, payload, top_k, condition)
    found = nearest(namespace, wanted, held.index.blueprint.metric) if namespace and wanted else []
    with_values, with_metadata = payload.boolean("includeValues"), payload.boolean("includeMetadata")
    matches = [
        {"score": score, **_vector(namespace, slot, values=bool(with_values), metadata=bool(with_metadata))}
        for slot, score in found
        if namespace
    ]
    body = {"results": [], "matches": matches, "namespace": name}
    return Answer(body, Usage(read_units(namespace)), seen_lsn=namespace.lsn if namespace else 0)


def _wanted(
    held: OpenIndex, namespace: Namespace | None, payload: Payload, top_k: int, condition: Filter | None
) -> Query | None:
    record_id, vector = payload.text("id") or None, payload.items("vector") or None
    sparse_vector = payload.plain_object("sparseVector")
    if record_id is not None:
        if vector is not None or sparse_vector is not None:
            raise InvalidArgumentError("Bad request. id cannot be combined with vector or sparseVector.")
        slot = namespace.slots.get(check_record_id(record_id)) if namespace else None
        if namespace is None or slot is None:
            return None
        record = namespace.record(slot)
        return Query(record.dense, record.sparse, top_k, condition)
    if vector is None and sparse_vector is None:
        raise InvalidArgumentError("Bad request. One of vector, sparseVector or id must be given.")
    blueprint = held.index.blueprint
    dense = None if vector is None else queried(vector, blueprint)
    if dense is None and blueprint.vector_type == "dense":
        raise InvalidArgumentError("Bad request. A dense index must be queried with a dense vector.")
    return Query(
        dense, None if sparse_vector is None else sparse_of(sparse_vector, blueprint), top_k, condition
    )


def fetch(held: OpenIndex, namespace_name: str | None, ids: list[str]) -> Answer:
    """Return records by id; those that do not exist are left out."""
    name = internal_namespace(namespace_name)
    if not ids:
        raise InvalidArgumentError("Bad request. At least one id is required.")
    _check_ids(ids)
    namespace = held.namespace(name)
    slots = (
        [namespace.slots[record_id] for record_id in dict.fromkeys(ids) if record_id in namespace.slots]
        if namespace
        else []
    )
    return _fetched(namespace, name, slots, {})


def fetch_by_metadata(held: OpenIndex, payload: Payload) -> Answer:
    """Return a page of the records that pass a filter, in C order of their ids."""
    name = internal_namespace(payload.text("namespace"))
    condition = needed_condition(payload)
    limit = payload.integer("limit")
    limit = limits.LIST_PAGE if limit is None else limit
    if not 1 <= limit <= limits.FETCH_BY_METADATA_PAGE:
        raise InvalidArgumentError(
            f"Bad request. limit must be between 1 and {limits.FETCH_BY_METADATA_PAGE}."
        )
    last = after(payload.text("paginationToken"))
    namespace = held.namespace(name)
    if namespace is None:
        return _fetched(None, name, [], {})
    passed = sorted((namespace.id_at(slot), slot) for slot in namespace.living(condition).tolist())
    rest = [pair for pair in passed if last is None or pair[0] > last]
    more = {"pagination": {"next": token_for(rest[limit - 1][0])}} if len(rest) > limit else {}
    return _fetched(namespace, name, [slot for _, slot in rest[:limit]], more)


def _fetched(namespace: Namespace | None, name: str, slots: list[int], more: dict[str, Any]) -> Answer:
    vectors = [_vector(namespace, slot, values=True, metadata=True) for slot in slots if namespace]
    body = {"vectors": {vector["id"]: vector for vector in vectors}, "namespace": name, **more}
    units = max(1, -(-len(vectors) // RECORDS_PER_READ_UNIT))
    return Answer(body, Usage(units), seen_lsn=namespace.lsn if namespace else 0)


def update(held: OpenIndex, payload: Payload, *, by_filter_allowed: bool) -> tuple[Answer, int | None]:
    """Change a record by id, or the metadata of all that pass a filter; return how many passed.

    An id that does not exist is no error and changes nothing.
    """
    name = internal_namespace(payload.text("namespace"))
    changes, _ = metadata_of(payload.plain_object("setMetadata"))
    record_id = payload.text("id")
    by_filter = by_filter_allowed and payload.data.get("filter") is not None
    if by_filter == (record_id is not None):
        raise InvalidArgumentError("Bad request. Exactly one of id and filter must be given.")
    namespace = held.namespace(name)
    if not by_filter:
        changed = _changed_by_id(held, namespace, payload, check_record_id(record_id or ""), changes or {})
        return _store(held, namespace, name, changed), None
    if payload.data.get("values") is not None or payload.data.get("sparseValues") is not None:
        raise InvalidArgumentError("Bad request. An update by filter cannot change values or sparseValues.")
    condition = needed_condition(payload)
    slots = namespace.living(condition).tolist() if namespace else []
    if namespace is None or payload.boolean("dryRun"):
        return Answer({}), len(slots)
    changed = [_merged(namespace.record(slot), changes or {}) for slot in slots]
    return _store(held, namespace, name, changed), len(slots)


def _changed_by_id(
    held: OpenIndex, namespace: Namespace | None, payload: Payload, record_id: str, changes: dict[str, Any]
) -> list[Record]:
    values, sparse_values = payload.items("values") or None, payload.plain_object("sparseValues")
    dense = None if values is None else dense_of(values, held.index.blueprint)
    sparse = None if sparse_values is None else sparse_of(sparse_values, held.index.blueprint)
    slot = namespace.slots.get(record_id) if namespace else None
    if namespace is None or slot is None:
        return []
    before = _merged(namespace.record(slot), changes)
    return [
        Record(
            before.id,
            before.dense if dense is None else dense,
            before.sparse if sparse is None else sparse,
            before.metadata,
            before.metadata_json,
        )
    ]


def _merged(record: Record, changes: dict[str, Any]) -> Record:
    if not changes:
        return record
    metadata, metadata_json = metadata_of({**(record.metadata or {}), **changes})
    return Record(record.id, record.dense, record.sparse, metadata, metadata_json)


def _store(held: OpenIndex, namespace: Namespace | None, name: str, changed: list[Record]) -> Answer:
    if not changed:
        return Answer({}, written_lsn=namespace.lsn if namespace else 0)
    return Answer({}, written_lsn=held.put(name, changed))


def delete(held: OpenIndex, payload: Payload) -> Answer:
    """Delete records by ids or filter, or all of a namespace, which itself stays."""
    name = internal_namespace(payload.text("namespace"))
    ids, everything = payload.texts("ids"), payload.boolean("deleteAll")
    given = [bool(ids), bool(everything), payload.data.get("filter") is not None]
    if sum(given) != 1:
        raise InvalidArgumentError("Bad request. Exactly one of ids, deleteAll and filter must be given.")
    if ids:
        _check_ids(ids)
    condition = needed_condition(payload) if given[2] else None
    namespace = held.namespace(name)
    if namespace is None:
        if everything:
            raise NotFoundError("Namespace not found")
        return Answer({}, written_lsn=0)
    if ids:
        slots = [
            namespace.slots[record_id] for record_id in dict.fromkeys(ids) if record_id in namespace.slots
        ]
    else:
        slots = namespace.living(condition).tolist()
    return Answer({}, written_lsn=held.remove(namespace, slots))


def list_ids(
    held: OpenIndex, namespace_name: str | None, prefix: str, limit: int, token: str | None
) -> Answer:
    """Return a page of ids in C order."""
    name = internal_namespace(namespace_name)
    last = after(token)
    namespace = held.namespace(name)
    ids, more = namespace.page(prefix, last, limit) if namespace else ([], False)
    body: dict[str, Any] = {"vectors": [{"id": record_id} for record_id in ids], "namespace": name}
    if more:
        body["pagination"] = {"next": token_for(ids[-1])}
    return Answer(body, Usage(1), seen_lsn=namespace.lsn if namespace else 0)


def condition_of(payload: Payload) -> Filter | None:
    """Return the body's filter, None if it has none or an empty one."""
    expression = payload.plain_object("filter")
    return parse(expression) if expression else None


def needed_condition(payload: Payload) -> Filter:
    """Return the body's filter, which must be there and not empty."""
    condition = condition_of(payload)
    if condition is None:
        raise InvalidArgumentError("Bad request. The filter must not be empty.")
    return condition


def checked_top_k(top_k: int) -> int:
    """Return top_k if it is allowed."""
    if not 1 <= top_k <= limits.TOP_K:
        raise InvalidArgumentError(f"Bad request. topK must be between 1 and {limits.TOP_K}, got {top_k}.")
    return top_k


def read_units(namespace: Namespace | None) -> int:
    """Return what a query of a namespace costs: one unit a gigabyte, at least one."""
    return max(1, -(-(namespace.data_bytes if namespace else 0) // GIGABYTE))


def _check_ids(ids: list[str]) -> None:
    if len(ids) > limits.IDS_PER_REQUEST:
        raise InvalidArgumentError(
            f"Bad request. At most {limits.IDS_PER_REQUEST} ids may be given, got {len(ids)}."
        )
    for record_id in ids:
        check_record_id(record_id)


def _vector(namespace: Namespace, slot: int, *, values: bool, metadata: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"id": namespace.id_at(slot), "values": []}
    if values:
        record = namespace.record(slot)
        if record.dense is not None:
            body["values"] = record.dense
        if record.sparse is not None:
            body["sparseValues"] = record.sparse.to_wire()
    stored = namespace.metadata(slot) if metadata else None
    if stored is not None:
        body["metadata"] = stored
    return body
