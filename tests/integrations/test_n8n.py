"""The n8n nodes: their data is as schemas/ say, and both work against a running house."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.integrations.running import generated, suite
from tests.stories.processes import ROOT


def test_the_definitions_are_as_the_schemas_say() -> None:
    assert generated("n8n") == (0, "")


def test_the_example_uses_what_there_is() -> None:
    definitions = json.loads((ROOT / "integrations/n8n/definitions.json").read_text())
    nodes = json.loads((ROOT / "integrations/n8n/example.json").read_text())["nodes"]
    ours = [node["parameters"] for node in nodes if node["type"].startswith("n8n-nodes-pinehook.")]
    known = {(noun, one["value"]) for noun, of_it in definitions["operations"].items() for one in of_it}
    used = {(one["resource"], one["operation"]) for one in ours if "operation" in one}
    wanted = {event for one in ours for event in one.get("eventTypes", ())}
    assert (used - known, wanted - definitions["events"].keys(), len(used)) == (set(), set(), 3)


@pytest.mark.slow
def test_the_nodes_live_as_in_n8n_against_a_running_house(tmp_path: Path) -> None:
    ran = suite("n8n", "n8n-workflow", tmp_path)
    assert ran.returncode == 0, ran.stdout[-8000:] + ran.stderr[-2000:]
