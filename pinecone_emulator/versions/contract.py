"""Owns what an API version must be able to say: requests into `model.py`, `model.py` into responses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from pinecone_emulator.errors import ApiError
    from pinecone_emulator.model import (
        BackupView,
        CollectionView,
        IndexChanges,
        IndexView,
        NewIndex,
        NewModelIndex,
        ReadCapacity,
        RestoreJobView,
        Schedule,
        Usage,
    )
    from pinecone_emulator.payload import Payload

#: Which error body an operation has: ErrorResponse (control, admin, records), rpcStatus (vectors) or OAuth's own.
Plane = Literal["control", "admin", "oauth", "records", "vectors"]


class Version(ABC):
    """One dated API version."""

    date: ClassVar[str]
    configure_status: ClassVar[int] = 202
    create_backup_status: ClassVar[int] = 201
    lists_backups_of_deleted_indexes: ClassVar[bool] = False
    #: Operations, and rooms of doors, that came later than this version; asked for all the same, they do not exist (404).
    absent: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def index(self, view: IndexView) -> dict[str, Any]:
        """Return IndexModel."""

    @abstractmethod
    def new_index(self, payload: Payload) -> NewIndex:
        """Read CreateIndexRequest."""

    @abstractmethod
    def new_model_index(self, payload: Payload) -> NewModelIndex:
        """Read CreateIndexForModelRequest."""

    @abstractmethod
    def index_changes(self, payload: Payload) -> IndexChanges:
        """Read ConfigureIndexRequest."""

    @abstractmethod
    def restored_read_capacity(self, payload: Payload) -> ReadCapacity:
        """Read the read capacity of CreateIndexFromBackupRequest."""

    @abstractmethod
    def backup(self, view: BackupView) -> dict[str, Any]:
        """Return BackupModel."""

    @abstractmethod
    def restore_job(self, view: RestoreJobView) -> dict[str, Any]:
        """Return RestoreJobModel."""

    @abstractmethod
    def collection(self, view: CollectionView) -> dict[str, Any]:
        """Return CollectionModel."""

    def schedule(self, schedule: Schedule) -> dict[str, Any]:
        """Return BackupScheduleResponse; a version without schedules is never asked."""
        raise NotImplementedError(schedule.id)

    def scheduled_backup(self, view: BackupView) -> dict[str, Any]:
        """Return BackupScheduleHistoryItem; a version without schedules is never asked."""
        raise NotImplementedError(view.backup.id)

    @abstractmethod
    def namespace(
        self, name: str, count: int, size: int, fields: list[str], *, declared: bool
    ) -> dict[str, Any]:
        """Return NamespaceDescription; `declared` says that the fields are its schema's, not merely those in use."""

    @abstractmethod
    def namespaces(self, page: list[dict[str, Any]], following: str | None, total: int) -> dict[str, Any]:
        """Return ListNamespacesResponse."""

    @abstractmethod
    def vector_usage(self, usage: Usage, egress_bytes: int) -> dict[str, Any]:
        """Return the Usage of a vector operation."""

    @abstractmethod
    def search_usage(self, usage: Usage, egress_bytes: int) -> dict[str, Any]:
        """Return the SearchUsage of a records search."""

    @abstractmethod
    def search_result(self, namespace: str, hits: list[dict[str, Any]]) -> dict[str, Any]:
        """Return SearchRecordsResponse without its usage."""

    @abstractmethod
    def updated(self, matched: int | None) -> dict[str, Any]:
        """Return UpdateResponse; `matched` is None for an update by id."""

    @abstractmethod
    def error(self, error: ApiError, plane: Plane) -> dict[str, Any] | str:
        """Return the error's body: an object, or a string that is sent as text/plain."""
