"""Owns API version 2025-10: dimension, metric and spec; 202 for configure; JSON for every error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pinecone_emulator.clock import timestamp
from pinecone_emulator.gallery import embed_model
from pinecone_emulator.model import DEFAULT_NAMESPACE, IndexChanges, NewIndex, ReadCapacity
from pinecone_emulator.versions.contract import Plane, Version
from pinecone_emulator.versions.deployments import chosen_spec, classic_place, pod_spec
from pinecone_emulator.versions.envelopes import error_body
from pinecone_emulator.versions.requests import (
    classic_blueprint,
    deletion_protection,
    embed_request,
    filterable_fields,
    model_index,
    read_capacity,
    read_capacity_body,
)

if TYPE_CHECKING:
    from pinecone_emulator.errors import ApiError
    from pinecone_emulator.model import (
        BackupView,
        Blueprint,
        CollectionView,
        IndexView,
        NewModelIndex,
        RestoreJobView,
        Usage,
    )
    from pinecone_emulator.payload import Payload

BACKUP_STATES = {"InitializationFailed": "Failed"}
COLLECTION_STATES = {"Terminated": "Terminating"}
INDEX_STATES = {"Failed": "InitializationFailed"}


class V2025_10(Version):  # noqa: N801 - the date is the name
    """API version 2025-10."""

    date: ClassVar[str] = "2025-10"
    absent: ClassVar[frozenset[str]] = frozenset({"backup_schedules", "people"})

    def index(self, view: IndexView) -> dict[str, Any]:
        """Return IndexModel with dimension, metric, spec and vector_type."""
        index, blueprint = view.index, view.index.blueprint
        body: dict[str, Any] = {
            "name": index.name,
            "metric": blueprint.metric,
            "host": view.host,
            "deletion_protection": "enabled" if index.deletion_protection else "disabled",
            "spec": self._spec(view),
            "status": {"ready": view.ready, "state": INDEX_STATES.get(view.state, view.state)},
            "vector_type": blueprint.vector_type,
        }
        if blueprint.dimension is not None:
            body["dimension"] = blueprint.dimension
        if index.tags:
            body["tags"] = index.tags
        if blueprint.embed is not None:
            body["embed"] = _embed_body(blueprint)
        return body

    def _spec(self, view: IndexView) -> dict[str, Any]:
        index, blueprint = view.index, view.index.blueprint
        if blueprint.deployment == "pod":
            return {"pod": pod_spec(view)}
        body: dict[str, Any] = {"environment": blueprint.environment}
        if blueprint.deployment == "managed":
            body = {"cloud": blueprint.cloud, "region": blueprint.region}
            if index.source_collection is not None:
                body["source_collection"] = index.source_collection
        if "read_capacity" not in self.absent:
            body["read_capacity"] = read_capacity_body(view)
        if blueprint.filterable_fields is not None and "metadata_schema" not in self.absent:
            body["schema"] = {"fields": {name: {"filterable": True} for name in blueprint.filterable_fields}}
        return {"serverless" if blueprint.deployment == "managed" else "byoc": body}

    def new_index(self, payload: Payload) -> NewIndex:
        """Read CreateIndexRequest."""
        kind, spec = chosen_spec(payload)
        return NewIndex(
            name=payload.need("name", payload.text("name")),
            blueprint=classic_blueprint(payload, classic_place(kind, spec), self._fields(spec)),
            tags=payload.text_map("tags") or {},
            deletion_protection=deletion_protection(payload) or False,
            read_capacity=self._capacity(spec) or ReadCapacity(),
            source_collection=spec.text("source_collection"),
        )

    def _fields(self, payload: Payload) -> tuple[str, ...] | None:
        return filterable_fields(payload.object("schema"))

    def _capacity(self, payload: Payload) -> ReadCapacity | None:
        return read_capacity(payload.object("read_capacity"))

    def new_model_index(self, payload: Payload) -> NewModelIndex:
        """Read CreateIndexForModelRequest."""
        return model_index(payload, self._fields(payload), self._capacity(payload) or ReadCapacity())

    def index_changes(self, payload: Payload) -> IndexChanges:
        """Read ConfigureIndexRequest."""
        embed, spec = payload.object("embed"), payload.object("spec")
        pod = None if spec is None else spec.object("pod")
        return IndexChanges(
            deletion_protection=deletion_protection(payload),
            tags=payload.text_map("tags"),
            read_capacity=self._changed_capacity(spec),
            replicas=None if pod is None else pod.integer("replicas"),
            pod_type=None if pod is None else pod.text("pod_type"),
            embed=None if embed is None else embed_request(embed),
        )

    def _changed_capacity(self, spec: Payload | None) -> ReadCapacity | None:
        if spec is None:
            return None
        # SDK 9.0.1 sends read_capacity under `byoc` whatever the index is.
        for kind in ("serverless", "byoc"):
            part = spec.object(kind)
            if part is not None:
                return self._capacity(part)
        return None

    def restored_read_capacity(self, payload: Payload) -> ReadCapacity:
        """Return on-demand: this version cannot ask for more."""
        del payload
        return ReadCapacity()

    def backup(self, view: BackupView) -> dict[str, Any]:
        """Return BackupModel with dimension and metric; counts are there once it is ready."""
        backup, blueprint = view.backup, view.backup.blueprint
        body: dict[str, Any] = {
            "backup_id": backup.id,
            "source_index_name": backup.index_name,
            "source_index_id": backup.index_id,
            "status": BACKUP_STATES.get(view.state, view.state),
            "cloud": blueprint.cloud,
            "region": blueprint.region,
            "metric": blueprint.metric,
            "tags": backup.tags,
            "created_at": timestamp(backup.created_at),
        }
        optional = {"name": backup.name, "description": backup.description, "dimension": blueprint.dimension}
        body |= {name: value for name, value in optional.items() if value is not None}
        if blueprint.filterable_fields is not None and "metadata_schema" not in self.absent:
            body["schema"] = {"fields": {name: {"filterable": True} for name in blueprint.filterable_fields}}
        if view.state == "Ready":
            body |= {
                "record_count": backup.record_count,
                "namespace_count": backup.namespace_count,
                "size_bytes": backup.size_bytes,
            }
        return body

    def restore_job(self, view: RestoreJobView) -> dict[str, Any]:
        """Return RestoreJobModel with percent_complete as a number, 0 until the job is completed."""
        body: dict[str, Any] = {
            "restore_job_id": view.job.id,
            "backup_id": view.job.backup_id,
            "target_index_name": view.job.index_name,
            "target_index_id": view.job.index_id,
            "status": view.state,
            "created_at": timestamp(view.job.created_at),
            "percent_complete": 100.0 if view.state == "Completed" else 0.0,
        }
        if view.completed_at is not None:
            body["completed_at"] = timestamp(view.completed_at)
        return body

    def collection(self, view: CollectionView) -> dict[str, Any]:
        """Return CollectionModel; size and count are there once it is ready."""
        collection = view.collection
        body: dict[str, Any] = {
            "name": collection.name,
            "status": COLLECTION_STATES.get(view.state, view.state),
            "environment": collection.blueprint.environment,
            "dimension": collection.blueprint.dimension,
        }
        if view.state == "Ready":
            body |= {"size": collection.size_bytes, "vector_count": collection.vector_count}
        return body

    def namespace(
        self, name: str, count: int, size: int, fields: list[str], *, declared: bool
    ) -> dict[str, Any]:
        """Return NamespaceDescription with record_count as a number."""
        del size
        body: dict[str, Any] = {
            "name": name or DEFAULT_NAMESPACE,
            "record_count": count,
            "indexed_fields": {"fields": fields},
        }
        if declared:
            body["schema"] = {"fields": {field: {"filterable": True} for field in fields}}
        return body

    def namespaces(self, page: list[dict[str, Any]], following: str | None, total: int) -> dict[str, Any]:
        """Return ListNamespacesResponse with total_count."""
        body: dict[str, Any] = {"namespaces": page, "total_count": total}
        return body if following is None else {**body, "pagination": {"next": following}}

    def vector_usage(self, usage: Usage, egress_bytes: int) -> dict[str, Any]:
        """Return Usage."""
        del egress_bytes
        return {"readUnits": usage.read_units}

    def search_usage(self, usage: Usage, egress_bytes: int) -> dict[str, Any]:
        """Return SearchUsage."""
        del egress_bytes
        optional = {"embed_total_tokens": usage.embed_tokens, "rerank_units": usage.rerank_units}
        return {"read_units": usage.read_units} | {k: v for k, v in optional.items() if v is not None}

    def search_result(self, namespace: str, hits: list[dict[str, Any]]) -> dict[str, Any]:
        """Return SearchRecordsResponse, which has no namespace in this version."""
        del namespace
        return {"result": {"hits": hits}}

    def updated(self, matched: int | None) -> dict[str, Any]:
        """Return UpdateResponse."""
        return {} if matched is None else {"matchedRecords": matched}

    def error(self, error: ApiError, plane: Plane) -> dict[str, Any] | str:
        """Return ErrorResponse or rpcStatus."""
        return error_body(error, plane, error.code)


def _embed_body(blueprint: Blueprint) -> dict[str, Any]:
    embed = blueprint.embed
    if embed is None:
        return {}
    body: dict[str, Any] = {
        "model": embed.model,
        "metric": blueprint.metric,
        "vector_type": embed_model(embed.model).vector_type,
        "field_map": {"text": embed.field},
        "read_parameters": embed.read_parameters,
        "write_parameters": embed.write_parameters,
    }
    return body if blueprint.dimension is None else {**body, "dimension": blueprint.dimension}
