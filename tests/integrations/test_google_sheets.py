"""The Apps Script of Google Sheets, run with stand-ins for Google's services against a running house."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.running import suite


@pytest.mark.slow
def test_the_script_works_as_google_would_run_it_against_a_running_house(tmp_path: Path) -> None:
    ran = suite("google-sheets", "typescript", tmp_path, target="sheets")
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
