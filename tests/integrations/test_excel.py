"""Excel: the Office Scripts with a stand-in for the workbook, and what the Power Query function asks, of a running house."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.running import suite

SETTINGS = {"PINEHOOK_CORS_ORIGINS": "*", "PINEHOOK_KEYS_IN_QUERY": "true"}
"""What docs/howto/excel.md tells to set."""


@pytest.mark.slow
def test_the_scripts_work_as_excel_would_run_them_against_a_running_house(tmp_path: Path) -> None:
    ran = suite("excel", "typescript", tmp_path, target="sheets", settings=SETTINGS)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
