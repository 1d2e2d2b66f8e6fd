"""The Zapier app: its data is as schemas/ say, and the app itself works against a running house."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.running import generated, suite


def test_the_definitions_are_as_the_schemas_say() -> None:
    assert generated("zapier") == (0, "")


@pytest.mark.slow
def test_the_app_works_in_zapiers_own_runtime_against_a_running_house(tmp_path: Path) -> None:
    ran = suite("zapier", "zapier-platform-core", tmp_path, NODE_ENV="test")
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
