"""Owns API version 2026-04, whose database and inference planes are those of 2025-10; its admin plane has people."""

from __future__ import annotations

from typing import ClassVar

from pinecone_emulator.versions.v2025_10 import V2025_10


class V2026_04(V2025_10):  # noqa: N801 - the date is the name
    """API version 2026-04."""

    date: ClassVar[str] = "2026-04"
    absent: ClassVar[frozenset[str]] = frozenset({"backup_schedules"})
