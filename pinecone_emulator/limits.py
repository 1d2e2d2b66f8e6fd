"""Owns the service's documented limits and the one rule by which an upsert is measured.

Figures: Pinecone's "Database limits" page and the descriptions in the official specs.
"""

from __future__ import annotations

BODY_BYTES = 64 * 1024 * 1024
UPSERT_VECTORS = 1000
UPSERT_TEXT_RECORDS = 96
UPSERT_BYTES = 2 * 1024 * 1024
METADATA_BYTES = 40 * 1024
RECORD_ID_LENGTH = 512
NAMESPACE_LENGTH = 512
TOP_K = 10_000
SCAN_FACTOR = (0.5, 4)
CANDIDATES = 100_000
QUERY_RESULT_BYTES = 4 * 1024 * 1024
IDS_PER_REQUEST = 1000
LIST_PAGE = 100
FETCH_BY_METADATA_PAGE = 10_000
DIMENSION = 20_000
SPARSE_VALUES = 2048
SPARSE_INDEX = 2**32 - 1
SMALLEST_MAGNITUDE = 1e-8
FILTER_VALUES = 10_000
FILTER_DEPTH = 64
RESOURCE_NAME_LENGTH = 45
TAGS = 20
TAG_KEY_LENGTH = 80
TAG_VALUE_LENGTH = 120
METADATA_SCHEMA_FIELDS = 50
IMPORT_NAMESPACES = 10_000
IMPORT_FILES = 100_000
IMPORT_FILE_BYTES = 10_000_000_000


def record_bytes(dimension: int, sparse_count: int, metadata_bytes: int) -> int:
    """Return what one record weighs towards `UPSERT_BYTES`: 4 bytes a dense value, 8 a sparse one, metadata."""
    return 4 * dimension + 8 * sparse_count + metadata_bytes
