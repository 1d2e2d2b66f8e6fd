"""Owns the verbs of text records: upsert with integrated embedding, and search with inputs, vector or id.

Each takes an index that is held. All raise InvalidArgumentError for what breaks a rule. Spec: upsertRecordsNamespace,
searchRecordsNamespace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from pinecone_emulator import embedding, limits
from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.gallery import embed_model, rerank_model
from pinecone_emulator.incoming import check_size, dense_of, metadata_of, sparse_pair
from pinecone_emulator.model import Embed, Usage
from pinecone_emulator.names import check_record_id, internal_namespace
from pinecone_emulator.ranking import check, fitted, relevance, rerank_units
from pinecone_emulator.record import Record
from pinecone_emulator.search import Query, nearest
from pinecone_emulator.vectors import Answer, checked_top_k, condition_of, read_units

if TYPE_CHECKING:
    from pinecone_emulator.engine import OpenIndex
    from pinecone_emulator.namespace import Namespace
    from pinecone_emulator.payload import Payload
    from pinecone_emulator.sentences import Embedder


def upsert(held: OpenIndex, namespace_name: str, body: bytes, embedder: Embedder) -> int:
    """Embed (dense ones by `embedder`) and store the records of an NDJSON body; return the write's LSN."""
    embed = _embed_of(held)
    lines = [line for line in body.splitlines() if line.strip()]
    if not lines:
        raise InvalidArgumentError("Bad request. No records in the request body.")
    if len(lines) > limits.UPSERT_TEXT_RECORDS:
        raise InvalidArgumentError(
            f"Batch size exceeds {limits.UPSERT_TEXT_RECORDS}: at most {limits.UPSERT_TEXT_RECORDS} text records "
            f"may be upserted at once, got {len(lines)}."
        )
    records = {record.id: record for record in (_record(held, embed, line, embedder) for line in lines)}
    check_size(list(records.values()))
    return held.put(internal_namespace(namespace_name), list(records.values()))


def _embed_of(held: OpenIndex) -> Embed:
    embed = held.index.blueprint.embed
    if embed is None:
        raise InvalidArgumentError("Integrated inference is not configured for this index")
    return embed


def _record(held: OpenIndex, embed: Embed, line: bytes, embedder: Embedder) -> Record:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidArgumentError(f"Failed to parse the request body as NDJSON: {error!s:.200}") from error
    if not isinstance(fields, dict):
        raise InvalidArgumentError("Failed to parse the request body as NDJSON: each line must be an object.")
    if "_id" in fields and "id" in fields:
        raise InvalidArgumentError("Bad request. A record must have either _id or id, not both.")
    record_id = fields.pop("_id", None) or fields.pop("id", None)
    if not isinstance(record_id, str):
        raise InvalidArgumentError("Bad request. Each record must have an _id that is a string.")
    check_record_id(record_id)
    text = fields.get(embed.field)
    if not isinstance(text, str) or not text:
        raise InvalidArgumentError(
            f"Bad request. The record {record_id[:80]!r} must have the text field {embed.field!r}."
        )
    metadata, metadata_json = metadata_of(fields)
    query = _embedded(held, text, embedder, "write")
    return Record(record_id, query.dense, query.sparse, metadata, metadata_json)


def _embedded(held: OpenIndex, text: str, embedder: Embedder, use: str, top_k: int = 1) -> Query:
    embed = _embed_of(held)
    model = embed_model(embed.model)
    parameters = embed.write_parameters if use == "write" else embed.read_parameters
    input_type = parameters.get("input_type", "passage")
    if parameters.get("truncate") == "NONE" and embedding.count_tokens(text) > model.longest_input:
        raise InvalidArgumentError(
            f"Input text exceeds the maximum of {model.longest_input} tokens of {model.name}."
        )
    text = embedding.truncated(text, model.longest_input)
    dimension = held.index.blueprint.dimension
    if dimension is None:
        return Query(None, embedding.sparse(text, input_type)[0], top_k)
    return Query(embedder(text, model, dimension, input_type), None, top_k)


def search(
    held: OpenIndex, namespace_name: str, payload: Payload, embedder: Embedder
) -> tuple[list[dict[str, Any]], Answer]:
    """Find records near a text, a vector or a stored record; return the hits, nearest first, and what it cost."""
    query = payload.need("query", payload.object("query"))
    top_k = checked_top_k(query.need("top_k", query.integer("top_k")))
    fields = payload.texts("fields")
    namespace = held.namespace(internal_namespace(namespace_name))
    wanted, text = _wanted(held, namespace, query, top_k, embedder)
    terms = _match_terms(held, query.object("match_terms"))
    reranking = payload.object("rerank")
    found = nearest(namespace, wanted, held.index.blueprint.metric) if namespace and wanted else []
    hits = [_hit(namespace, slot, score) for slot, score in found if namespace]
    if terms is not None:
        asked, field = terms
        hits = [hit for hit in hits if asked <= set(embedding.words(str(hit["fields"].get(field, ""))))][
            :top_k
        ]
    units = None
    if reranking is not None:
        hits, units = _reranked(hits, reranking, text, top_k)
    if fields is not None:
        hits = [{**hit, "fields": {k: v for k, v in hit["fields"].items() if k in fields}} for hit in hits]
    tokens = embedding.count_tokens(text) if text is not None and query.data.get("inputs") else None
    usage = Usage(read_units(namespace), tokens, units)
    return hits, Answer({}, usage, seen_lsn=namespace.lsn if namespace else 0)


def _wanted(
    held: OpenIndex, namespace: Namespace | None, query: Payload, top_k: int, embedder: Embedder
) -> tuple[Query | None, str | None]:
    inputs, vector, record_id = query.object("inputs"), query.object("vector"), query.text("id")
    if sum(part is not None for part in (inputs, vector, record_id)) != 1:
        raise InvalidArgumentError("Bad request. Exactly one of inputs, vector and id must be given.")
    condition = condition_of(query)
    # Terms are matched after the search, which therefore must not stop at top_k.
    reach = limits.TOP_K if query.data.get("match_terms") is not None else top_k
    if inputs is not None:
        text = inputs.need("text", inputs.text("text"))
        if not text:
            raise InvalidArgumentError("Bad request. inputs.text must not be empty.")
        near = _embedded(held, text, embedder, "read", reach)
        return Query(near.dense, near.sparse, reach, condition), text
    if vector is not None:
        return _of_vector(held, vector, reach, condition), None
    slot = namespace.slots.get(check_record_id(record_id or "")) if namespace else None
    if namespace is None or slot is None:
        return None, None
    record = namespace.record(slot)
    return Query(record.dense, record.sparse, reach, condition), None


def _of_vector(held: OpenIndex, vector: Payload, reach: int, condition: Any) -> Query:
    values, indices = vector.items("values") or None, vector.items("sparse_indices")
    dense = None if values is None else dense_of(values, held.index.blueprint)
    sparse = None if indices is None else sparse_pair(indices, vector.items("sparse_values"))
    if sparse is not None and held.index.blueprint.metric != "dotproduct":
        raise InvalidArgumentError(
            "Index configuration does not support sparse values - only dotproduct does."
        )
    if dense is None and (sparse is None or held.index.blueprint.vector_type == "dense"):
        raise InvalidArgumentError("Bad request. query.vector must have the kind of values the index has.")
    return Query(dense, sparse, reach, condition)


def _match_terms(held: OpenIndex, terms: Payload | None) -> tuple[set[str], str] | None:
    if terms is None:
        return None
    embed = _embed_of(held)
    if held.index.blueprint.vector_type != "sparse":
        raise InvalidArgumentError("Bad request. match_terms is supported only for sparse indexes.")
    terms.need("strategy", terms.choice("strategy", ("all",)))
    wanted = terms.need("terms", terms.texts("terms"))
    return {word for term in wanted for word in embedding.words(term)}, embed.field


def _hit(namespace: Namespace, slot: int, score: float) -> dict[str, Any]:
    return {"_id": namespace.id_at(slot), "_score": score, "fields": namespace.metadata(slot) or {}}


def _reranked(
    hits: list[dict[str, Any]], reranking: Payload, text: str | None, top_k: int
) -> tuple[list[dict[str, Any]], int]:
    model = rerank_model(reranking.need("model", reranking.text("model")))
    rank_fields = reranking.need("rank_fields", reranking.texts("rank_fields"))
    parameters, top_n = reranking.plain_object("parameters"), reranking.integer("top_n")
    check(model, rank_fields, parameters)
    if not rank_fields or (top_n is not None and top_n < 1):
        raise InvalidArgumentError(
            "Bad request. rerank needs at least one of rank_fields, and a top_n of 1 or more."
        )
    asked = reranking.text("query") or text
    if not asked:
        raise InvalidArgumentError(
            "Bad request. rerank.query is required when the search has no inputs.text."
        )
    for hit in hits:
        missing = [field for field in rank_fields if field not in hit["fields"]]
        if missing:
            raise InvalidArgumentError(
                f"Bad request. The record {hit['_id'][:80]!r} has no field {missing[0][:80]!r}."
            )
    texts = [" ".join(str(hit["fields"][field]) for field in rank_fields) for hit in hits]
    texts = fitted(model, parameters, asked, texts)
    scored = [{**hit, "_score": relevance(asked, about)} for hit, about in zip(hits, texts, strict=True)]
    scored.sort(key=lambda hit: (-hit["_score"], hit["_id"]))
    return scored[: top_n or top_k], rerank_units(asked, texts)
