"""The n8n nodes: their data is as schemas/ say, and both work against a running house."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integrations.running import generated, suite


def test_the_definitions_are_as_the_schemas_say() -> None:
    assert generated("n8n") == (0, "")


@pytest.mark.slow
def test_the_nodes_live_as_in_n8n_against_a_running_house(tmp_path: Path) -> None:
    ran = suite("n8n", "n8n-workflow", tmp_path)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
