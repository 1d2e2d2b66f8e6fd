"""The README's first screen, typed by a machine: its commands in their order, against a house of real processes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.stories.processes import ROOT, House, wait_for_an_event, whole_house

BLOCK = re.compile(r"^```(sh|json)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def shell(house: House, script: str) -> list[Any]:
    """Run the commands of a block as a person would; each answers JSON on a line of its own."""
    key = house.api.headers["authorization"].removeprefix("Bearer ")
    commands = script.replace("http://127.0.0.1:8080", house.url).replace("curl -s", "curl -s -w '\\n'")
    ran = subprocess.run(
        ["sh", "-ec", commands],
        env={"KEY": key, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        timeout=60,
    )
    return [orjson.loads(line) for line in ran.stdout.splitlines() if line]


def shape(value: Any) -> Any:
    """The keys of an answer, all the way down; what is inside an event's `data` is shortened in the README."""
    if isinstance(value, dict):
        return {key: "…" if key == "data" and "type" in value else shape(part) for key, part in value.items()}
    return [shape(part) for part in value] if isinstance(value, list) else type(value).__name__


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl, which the README uses, is not installed")
def test_the_first_screen_shows_what_happens(tmp_path: Path) -> None:
    first_screen = (ROOT / "README.md").read_text().split("## What you get")[0]
    blocks = BLOCK.findall(first_screen)
    answers: list[Any] = []
    pairs = []
    with whole_house(tmp_path) as house:
        for language, text in blocks:
            if language == "json":
                pairs.append((shape(answers[-1]), shape(orjson.loads(text))))
            elif "curl" in text:
                if "/v1/events" in text:
                    wait_for_an_event(house, "index.ready")
                answers = shell(house, text)
    assert [found for found, _ in pairs] == [shown for _, shown in pairs]
    assert len(pairs) == 3
