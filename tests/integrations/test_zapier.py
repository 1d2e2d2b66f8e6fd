"""The Zapier app: its data is as schemas/ say, and the app itself works against a running house."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stories.processes import ROOT, whole_house

APP = ROOT / "integrations/zapier"


def test_the_definitions_are_as_the_schemas_say() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "integrations.zapier.generate", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def npm() -> str:
    """Where npm is; without it, or without what it installs, the test is skipped, but not in CI."""
    found = shutil.which("npm")
    if found and (APP / "node_modules/zapier-platform-core").is_dir():
        return found
    missing = "npm is not installed" if not found else "the Zapier platform is not installed: make zapier"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


@pytest.mark.slow
def test_the_app_works_in_zapiers_own_runtime_against_a_running_house(tmp_path: Path) -> None:
    command = [npm(), "test", "--prefix", str(APP)]
    with whole_house(tmp_path) as house:
        key = house.api.headers["authorization"].removeprefix("Bearer ")
        given = {"NODE_ENV": "test", "PINEHOOK_TEST_URL": house.url, "PINEHOOK_TEST_KEY": key}
        ran = subprocess.run(
            command, env={**os.environ, **given}, capture_output=True, text=True, timeout=120, check=False
        )
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
