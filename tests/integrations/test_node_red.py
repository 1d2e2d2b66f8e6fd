"""The Node-RED flow, as far as it can be held without a Node-RED: that it hangs together, and names what there is."""

from __future__ import annotations

import json
from typing import Any

from tests.stories.processes import ROOT

PLACE = ROOT / "integrations/node-red/flow.json"
FLOW: dict[str, dict[str, Any]] = {node["id"]: node for node in json.loads(PLACE.read_text())}


def test_every_wire_leads_to_a_node_of_the_same_sheet() -> None:
    wires = [
        (node["id"], other)
        for node in FLOW.values()
        for output in node.get("wires", ())
        for other in output
        if FLOW.get(other, {}).get("z") != node["z"]
    ]
    assert wires == []


def test_it_does_actions_and_tells_event_types_apart_that_there_are() -> None:
    actions = {path.stem for path in (ROOT / "schemas/actions").glob("*.json")}
    nouns = {path.name.split(".", maxsplit=1)[0] for path in (ROOT / "schemas/events").glob("*.json")}
    done = {
        each["value"] for node in FLOW.values() for each in node.get("env", ()) if each["name"] == "ACTION"
    }
    rules = [rule["v"] for rule in FLOW["pinehook-switch"]["rules"] if "v" in rule]
    assert (done <= actions, rules) == (True, ["index.ready", r"^(backup|restore_job)\."])
    assert {"index", "backup", "restore_job"} <= nouns


def test_no_key_and_no_secret_stands_in_it() -> None:
    text = PLACE.read_text()
    assert ("phk_" in text, "whsec_…" in text.replace("^whsec_", "")) == (False, True)
    assert [node["id"] for node in FLOW.values() if "credentials" in node] == []
