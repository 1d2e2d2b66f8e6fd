"""Owns the choice of the API version: `X-Pinecone-Api-Version`, absent meaning the oldest."""

from __future__ import annotations

from pinecone_emulator.errors import InvalidArgumentError
from pinecone_emulator.versions.contract import Plane, Version
from pinecone_emulator.versions.v2025_04 import V2025_04
from pinecone_emulator.versions.v2025_10 import V2025_10
from pinecone_emulator.versions.v2026_04 import V2026_04
from pinecone_emulator.versions.v2026_07 import V2026_07

__all__ = ["LATEST", "OLDEST", "VERSIONS", "Plane", "Version", "version_of"]

VERSIONS: dict[str, Version] = {
    version.date: version() for version in (V2025_04, V2025_10, V2026_04, V2026_07)
}
OLDEST: Version = VERSIONS["2025-04"]
LATEST: Version = VERSIONS["2026-07"]


def version_of(header: str | None) -> Version:
    """Return the version a request asks for; raise InvalidArgumentError for one that is not emulated."""
    if header is None:
        return OLDEST
    version = VERSIONS.get(header.strip())
    if version is None:
        raise InvalidArgumentError(
            f"Unsupported X-Pinecone-Api-Version {header[:40]!r}. Supported versions: {', '.join(VERSIONS)}."
        )
    return version
