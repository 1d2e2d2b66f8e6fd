"""Owns API version 2026-07: schema and deployment; 200 for configure; text/plain where a request is turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pinecone_emulator.clock import timestamp
from pinecone_emulator.errors import InvalidArgumentError, UnimplementedError
from pinecone_emulator.model import Blueprint, EmbedRequest, IndexChanges, NewIndex, ReadCapacity
from pinecone_emulator.versions.contract import Plane
from pinecone_emulator.versions.deployments import Place, deployment_body, deployment_place
from pinecone_emulator.versions.envelopes import error_body
from pinecone_emulator.versions.requests import (
    checked_metric,
    deletion_protection,
    filterable_fields,
    model_index,
    read_capacity,
    read_capacity_body,
)
from pinecone_emulator.versions.v2026_04 import V2026_04

if TYPE_CHECKING:
    from pinecone_emulator.errors import ApiError
    from pinecone_emulator.model import (
        BackupView,
        CollectionView,
        IndexView,
        NewModelIndex,
        RestoreJobView,
        Schedule,
        Usage,
    )
    from pinecone_emulator.payload import Payload

DENSE, SPARSE = "_values", "_sparse_values"
CHANGEABLE = ("read_capacity", "tags", "deletion_protection")
SCHEMA_TYPES = ("dense_vector", "sparse_vector", "string")
CODES = {"UNAVAILABLE": "SERVICE_UNAVAILABLE", "UNIMPLEMENTED": "UNKNOWN"}


class V2026_07(V2026_04):  # noqa: N801 - the date is the name
    """API version 2026-07; what it says about namespaces and records builds on 2026-04."""

    date: ClassVar[str] = "2026-07"
    configure_status: ClassVar[int] = 200
    create_backup_status: ClassVar[int] = 200
    absent: ClassVar[frozenset[str]] = frozenset()
    lists_backups_of_deleted_indexes: ClassVar[bool] = True

    def index(self, view: IndexView) -> dict[str, Any]:
        """Return IndexModel with schema and deployment."""
        index, blueprint = view.index, view.index.blueprint
        body: dict[str, Any] = {
            "name": index.name,
            "host": view.host,
            "status": {"ready": view.ready, "state": view.state},
            "deployment": deployment_body(view),
            "schema": _schema(blueprint),
            "tags": index.tags or None,
            "deletion_protection": "enabled" if index.deletion_protection else "disabled",
        }
        if blueprint.deployment != "pod":
            body["read_capacity"] = read_capacity_body(view)
        sources = {"source_backup_id": index.source_backup_id, "source_collection": index.source_collection}
        return body | {name: value for name, value in sources.items() if value is not None}

    def new_index(self, payload: Payload) -> NewIndex:
        """Read CreateIndexRequest; document schemas and customer-managed keys are not emulated."""
        payload.only("name", "deployment", "schema", "cmek_id", *CHANGEABLE)
        if payload.text("cmek_id") is not None:
            raise UnimplementedError("create_index with a customer-managed encryption key")
        place = deployment_place(payload.object("deployment"))
        schema = payload.need("schema", payload.object("schema"))
        capacity = read_capacity(payload.object("read_capacity")) or ReadCapacity()
        if place.environment is not None and capacity.mode == "OnDemand":
            raise InvalidArgumentError(
                "Bad request. BYOC indexes do not support OnDemand read capacity: set read_capacity to Dedicated."
            )
        return NewIndex(
            name=payload.text("name"),
            blueprint=_blueprint(schema.need("fields", schema.object("fields")), place),
            tags=payload.text_map("tags") or {},
            deletion_protection=deletion_protection(payload) or False,
            read_capacity=capacity,
        )

    def new_model_index(self, payload: Payload) -> NewModelIndex:
        """Read CreateIndexForModelRequest."""
        return model_index(
            payload,
            filterable_fields(payload.object("schema")),
            read_capacity(payload.object("read_capacity")) or ReadCapacity(),
        )

    def index_changes(self, payload: Payload) -> IndexChanges:
        """Read ConfigureIndexRequest."""
        payload.only("deployment", "schema", *CHANGEABLE)
        schema, pod = payload.object("schema"), payload.object("deployment")
        if pod is not None:
            pod.only("replicas", "pod_type")
        return IndexChanges(
            deletion_protection=deletion_protection(payload),
            tags=payload.text_map("tags"),
            read_capacity=read_capacity(payload.object("read_capacity"), partial=True),
            replicas=None if pod is None else pod.integer("replicas"),
            pod_type=None if pod is None else pod.text("pod_type"),
            embed=None if schema is None else _changed_embed(schema.need("fields", schema.object("fields"))),
        )

    def restored_read_capacity(self, payload: Payload) -> ReadCapacity:
        """Read the read capacity of the index that a backup becomes."""
        return read_capacity(payload.object("read_capacity")) or ReadCapacity()

    def backup(self, view: BackupView) -> dict[str, Any]:
        """Return BackupModel with a schema instead of dimension and metric."""
        body = super().backup(view)
        for name in ("dimension", "metric"):
            body.pop(name, None)
        body |= {
            "status": view.state,
            "schema": _schema(view.backup.blueprint),
            "tags": view.backup.tags or None,
        }
        if view.index_deleted_at is not None:
            body["source_index_deleted_at"] = timestamp(view.index_deleted_at)
        return body

    def schedule(self, schedule: Schedule) -> dict[str, Any]:
        """Return BackupScheduleResponse."""
        return {
            "schedule_id": schedule.id,
            "name": schedule.name,
            "index_id": schedule.index_id,
            "project_id": schedule.project_id,
            "schedule_type": "time-based",
            "frequency": schedule.frequency,
            "retention_expire_after_days": schedule.retention_days,
            "enabled": schedule.enabled,
            "next_scheduled_run": None if schedule.next_run_at is None else timestamp(schedule.next_run_at),
            "created_at": timestamp(schedule.created_at),
        }

    def scheduled_backup(self, view: BackupView) -> dict[str, Any]:
        """Return BackupScheduleHistoryItem, in which what is not known yet is null."""
        unknown = dict.fromkeys(("description", "record_count", "namespace_count", "size_bytes"))
        body = {**unknown, **self.backup(view)}
        if view.scheduled_at is not None:
            body["scheduled_execution_at"] = timestamp(view.scheduled_at)
        return body

    def restore_job(self, view: RestoreJobView) -> dict[str, Any]:
        """Return RestoreJobModel; percent_complete is 100 once completed and absent before."""
        body = super().restore_job(view)
        del body["percent_complete"]
        body.setdefault("completed_at", None)
        return {**body, "percent_complete": 100} if view.state == "Completed" else body

    def collection(self, view: CollectionView) -> dict[str, Any]:
        """Return CollectionModel, whose status may also be Terminated."""
        return {**super().collection(view), "status": view.state}

    def namespace(
        self, name: str, count: int, size: int, fields: list[str], *, declared: bool
    ) -> dict[str, Any]:
        """Return NamespaceDescription with 64-bit numbers as decimal strings."""
        body = super().namespace(name, count, size, fields, declared=declared)
        return {**body, "record_count": str(count), "size_bytes": str(size)}

    def vector_usage(self, usage: Usage, egress_bytes: int) -> dict[str, Any]:
        """Return Usage with egressBytes."""
        return {"readUnits": usage.read_units, "egressBytes": egress_bytes}

    def search_usage(self, usage: Usage, egress_bytes: int) -> dict[str, Any]:
        """Return SearchUsage with egress_bytes."""
        return {**super().search_usage(usage, egress_bytes), "egress_bytes": egress_bytes}

    def search_result(self, namespace: str, hits: list[dict[str, Any]]) -> dict[str, Any]:
        """Return SearchRecordsResponse with the namespace that answered."""
        return {"result": {"hits": hits}, "namespace": namespace}

    def error(self, error: ApiError, plane: Plane) -> dict[str, Any] | str:
        """Return ErrorResponse, rpcStatus, or plain text for what is turned away before it reaches the API."""
        if plane in {"admin", "oauth"}:
            return error_body(error, plane, error.code)
        if error.at_the_edge:
            if error.status == 401:  # noqa: PLR2004 - HTTP's own number
                return "Invalid API key" if plane == "control" else "Unauthorized"
            return error.message
        return error_body(error, plane, CODES.get(error.code, error.code))


def _schema(blueprint: Blueprint) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if blueprint.embed is not None:
        fields[blueprint.embed.field] = {
            "type": "semantic_text",
            "model": blueprint.embed.model,
            "dimension": blueprint.dimension,
            "metric": blueprint.metric,
            "read_parameters": blueprint.embed.read_parameters,
            "write_parameters": blueprint.embed.write_parameters,
        }
    else:
        if blueprint.dimension is not None:
            fields[DENSE] = {
                "type": "dense_vector",
                "dimension": blueprint.dimension,
                "metric": blueprint.metric,
            }
        fields[SPARSE] = {"type": "sparse_vector"}
    return {"fields": fields | {name: {"filterable": True} for name in blueprint.filterable_fields or ()}}


def _blueprint(fields: Payload, place: Place) -> Blueprint:
    if not fields.data:
        raise InvalidArgumentError("Bad request. The schema must declare at least one field.")
    if not set(fields.data) <= {DENSE, SPARSE}:
        reserved = [name for name in fields.data if name.startswith(("_", "$"))]
        if reserved:
            raise InvalidArgumentError(f"Bad request. Field name {reserved[0][:80]!r} is reserved.")
        for name in fields.data:
            field = fields.need(name, fields.object(name))
            if field.need("type", field.choice("type", SCHEMA_TYPES)) == "string":
                field.need("full_text_search", field.object("full_text_search"))
        raise UnimplementedError("create_index with a document schema")
    dense, sparse = fields.object(DENSE), fields.object(SPARSE)
    if any(one is not None and one.text("description") is not None for one in (dense, sparse)):
        raise InvalidArgumentError("Bad request. Reserved fields do not accept a description.")
    if sparse is not None:
        sparse.need("type", sparse.choice("type", ("sparse_vector",)))
    if dense is None:
        return Blueprint(
            "sparse", None, "dotproduct", place.cloud, place.region, environment=place.environment
        )
    dense.need("type", dense.choice("type", ("dense_vector",)))
    dimension = dense.need("dimension", dense.integer("dimension"))
    metric = checked_metric(dense.need("metric", dense.text("metric")))
    return Blueprint("dense", dimension, metric, place.cloud, place.region, environment=place.environment)


def _changed_embed(fields: Payload) -> EmbedRequest:
    if len(fields.data) != 1:
        raise InvalidArgumentError("Bad request. Exactly one semantic_text field can be updated per request.")
    name = next(iter(fields.data))
    changes = fields.need(name, fields.object(name))
    changes.only("type", "model", "read_parameters", "write_parameters")
    changes.need("type", changes.choice("type", ("semantic_text",)))
    return EmbedRequest(
        model=changes.text("model"),
        field=name,
        read_parameters=changes.plain_object("read_parameters"),
        write_parameters=changes.plain_object("write_parameters"),
    )
