"""Owns API version 2025-04: 2025-10 without read capacity, metadata schemas and the later operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pinecone_emulator.model import DEFAULT_NAMESPACE, ReadCapacity
from pinecone_emulator.versions.v2025_10 import V2025_10

if TYPE_CHECKING:
    from pinecone_emulator.payload import Payload


class V2025_04(V2025_10):  # noqa: N801 - the date is the name
    """API version 2025-04."""

    date: ClassVar[str] = "2025-04"
    absent: ClassVar[frozenset[str]] = V2025_10.absent | frozenset(
        {
            "create_namespace",
            "fetch_by_metadata",
            "update_by_filter",
            "metadata_schema",
            "match_terms",
            "read_capacity",
        }
    )

    def _fields(self, payload: Payload) -> tuple[str, ...] | None:
        del payload
        return None

    def _capacity(self, payload: Payload) -> ReadCapacity | None:
        del payload
        return None

    def namespace(
        self, name: str, count: int, size: int, fields: list[str], *, declared: bool
    ) -> dict[str, Any]:
        """Return NamespaceDescription: name and count only."""
        del size, fields, declared
        return {"name": name or DEFAULT_NAMESPACE, "record_count": count}

    def namespaces(self, page: list[dict[str, Any]], following: str | None, total: int) -> dict[str, Any]:
        """Return ListNamespacesResponse without total_count."""
        del total
        return (
            {"namespaces": page}
            if following is None
            else {"namespaces": page, "pagination": {"next": following}}
        )
