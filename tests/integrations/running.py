"""An integration's own tests, run by npm against a running house."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stories.processes import ROOT, whole_house


def generated(app: str) -> tuple[int, str]:
    """What an integration's generator says of the file that it has written: an exit code, and why."""
    command = [sys.executable, "-m", f"integrations.{app}.generate", "--check"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


def npm(app: str, package: str, target: str) -> str:
    """Where npm is; without it, or without what it installs, the test is skipped, but not in CI."""
    found = shutil.which("npm")
    if found and (ROOT / "integrations" / app / "node_modules" / package).is_dir():
        return found
    missing = "npm is not installed" if not found else f"{package} is not installed: make {target}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)


def suite(
    app: str,
    package: str,
    data: Path,
    target: str | None = None,
    settings: Mapping[str, str] | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run an integration's own tests against a house of their own; target: what of make installs its packages.

    settings: of the house. environment: of the tests.
    """
    command = [npm(app, package, target or app), "test", "--prefix", str(ROOT / "integrations" / app)]
    with whole_house(data, **settings or {}) as house:
        key = house.api.headers["authorization"].removeprefix("Bearer ")
        given = {"PINEHOOK_TEST_URL": house.url, "PINEHOOK_TEST_KEY": key, **environment}
        return subprocess.run(
            command, env={**os.environ, **given}, capture_output=True, text=True, timeout=300, check=False
        )
