"""The actions: what can be asked of Pinecone, one file each; here, what several of them share.

Whether a vector fits an index is decided before anything is sent; an index looks the same in every answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from bridge.errors import Fault, InvalidInput
from bridge.plugin import JSON, Context

if TYPE_CHECKING:
    from pinecone.models.collections.model import CollectionModel
    from pinecone.models.imports.model import ImportModel
    from pinecone.models.indexes.index import IndexModel
    from pinecone.models.inference.models import ModelInfo

MAX_FAULTS: Final = 10
DEFAULT_NAMESPACE: Final = "__default__"
MAX_METADATA_BYTES: Final = 40 * 1024
"""What the metadata of one record may weigh, as JSON; figure: Pinecone's "Database limits" page."""
HASH_FIELD: Final = "pinehook_hash"
"""The metadata field in which upsert_rows keeps what tells whether a row is unchanged."""


@dataclass(frozen=True, slots=True)
class VectorShape:
    """What vectors an index takes; None is what Pinecone does not say."""

    vector_type: str | None
    dimension: int | None
    metric: str | None

    def faults(
        self, values: Sequence[float] | None, sparse: JSON | None, at_values: str, at_sparse: str
    ) -> Iterator[Fault]:
        """Tell why one vector does not fit; `at_...` are the pointers to its parts.

        values: None where none are given because those that are stored stay.
        """
        if sparse and len(sparse["indices"]) != len(sparse["values"]):
            numbers = f"{len(sparse['indices'])} indices and {len(sparse['values'])} values"
            yield Fault(at_sparse, f"has {numbers}; it must have as many of each")
        if self.vector_type == "sparse":
            if values:
                yield Fault(at_values, "is dense; the index is sparse and takes sparse values only")
            if not sparse and values is not None:
                yield Fault(at_sparse, "is required: the index is sparse")
        elif values is not None and self.dimension is not None and len(values) != self.dimension:
            yield Fault(at_values, f"has {len(values)} numbers; the index has dimension {self.dimension}")
        elif sparse and self.metric not in ("dotproduct", None):
            yield Fault(at_sparse, f"needs an index with metric dotproduct; this one has {self.metric}")


def vector_shape(context: Context, index: str) -> VectorShape:
    """Return what vectors an index takes. Raises the SDK's NotFoundError."""
    told: Any = context.describe_index(index)
    if getattr(told, "vector_type", None) is None:  # an integrated index: only its data plane knows
        told = context.index(index).describe_index_stats()
    return VectorShape(*(getattr(told, name, None) for name in ("vector_type", "dimension", "metric")))


def refuse(faults: Iterable[Fault], error: type[InvalidInput] = InvalidInput) -> None:
    """Raise the error with the first of the faults, if there is any."""
    if told := tuple(islice(faults, MAX_FAULTS)):
        where = told[0].pointer or "the input"
        raise error(f"{where} {told[0].message}; nothing was sent", errors=told)


@contextmanager
def counting(done: int, total: int | None, what: str) -> Iterator[None]:
    """Add to an error of Pinecone, as a note, how much was done before it; `total` None is unknown."""
    try:
        yield
    except Exception as error:
        if done:
            of_all = f" of {total}" if total is not None else ""
            error.add_note(f"before this, {done}{of_all} {what}; asking for all of it again is safe")
        raise


def described(index: IndexModel) -> JSON:
    """Return an index as schemas/common/index.json has it: flat, every key present."""
    told = index.to_dict()
    deployment = told["deployment"]
    embed = told.get("embed") or {}
    same = ("name", "host", "private_host", "deletion_protection", "read_capacity", "source_collection",
            "source_backup_id", "cmek_id", "schema")  # fmt: skip
    return {
        **{key: told[key] for key in same},
        "status": told["status"]["state"],
        "ready": told["status"]["ready"],
        "vector_type": told.get("vector_type"),
        "dimension": told.get("dimension"),
        "metric": told.get("metric") or embed.get("metric"),
        "embed_model": embed.get("model"),
        "embed_field": (embed.get("field_map") or {}).get("text"),
        "deployment_type": deployment["deployment_type"],
        **{key: deployment.get(key) for key in ("cloud", "region", "environment")},
        "tags": told["tags"],
    }


def stored(vector: Any) -> JSON:
    """Return a record as schemas/common/stored_vector.json has it; what was not asked for is null."""
    sparse = vector.sparse_values
    return {
        "id": vector.id,
        "values": vector.values or None,
        "sparse_values": {"indices": sparse.indices, "values": sparse.values} if sparse else None,
        "metadata": vector.metadata,
    }


def next_page(page: Any) -> str | None:
    """Return the token of the page after this one, None where it is the last."""
    token: str | None = page.pagination.next if page.pagination else None
    return token or None


def namespace_described(namespace: Any) -> JSON:
    """Return a namespace as schemas/common/namespace_description.json has it."""
    fields = namespace.schema.fields if namespace.schema else None
    return {
        "name": namespace.name or DEFAULT_NAMESPACE,
        "record_count": int(namespace.record_count),
        "size_bytes": namespace.size_bytes or None,
        "filterable_fields": [*fields] if fields else None,
    }


def model_described(model: ModelInfo) -> JSON:
    """Return a hosted model as schemas/common/model.json has it: every key present."""
    names = ("model", "type", "short_description", "provider_name", "vector_type", "modality", "default_dimension",
             "supported_dimensions", "supported_metrics", "max_sequence_length", "max_batch_size")  # fmt: skip
    return {name: getattr(model, name) for name in names}


def collection_described(collection: CollectionModel) -> JSON:
    """Return a collection as schemas/common/collection.json has it: every key present."""
    names = ("name", "status", "environment", "size", "dimension", "vector_count")
    return {name: getattr(collection, name) for name in names}


def import_described(told: ImportModel) -> JSON:
    """Return an import as schemas/common/pinecone_import.json has it: every key present."""
    names = ("uri", "status", "created_at", "finished_at", "percent_complete", "records_imported", "error")
    return {"import_id": str(told.id), **{name: getattr(told, name) for name in names}}
