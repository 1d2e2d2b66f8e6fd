"""A sheet's rows end up searchable and a removed one disappears, with web and worker killed in the middle of both."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import IO, Any

import orjson
import pytest

from tests.integrations.running import npm
from tests.stories.parts import house_in_parts
from tests.stories.processes import ROOT

SUITE = ROOT / "integrations/google-sheets/test"
ROWS = 8000


def told(lines: IO[bytes], event: str) -> Any:
    """What the sheet says next, which must be this."""
    line = lines.readline()
    said = orjson.loads(line) if line else {"event": "its end, before"}
    assert said["event"] == event, said
    return said


@pytest.mark.slow
def test_rows_become_searchable_and_a_removed_one_disappears_though_web_and_worker_are_killed(
    tmp_path: Path,
) -> None:
    npm("google-sheets", "typescript", "sheets")
    with house_in_parts(tmp_path, PINECONE_EMULATOR_INDEX_SECONDS="1") as house:
        given = {"PINEHOOK_TEST_URL": house.url, "PINEHOOK_TEST_KEY": house.key}
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        with subprocess.Popen(
            ["node", "story.js"], cwd=SUITE, env={**house.environment, **given}, **pipes
        ) as sheet:
            assert sheet.stdin is not None
            assert sheet.stdout is not None

            def go() -> None:
                sheet.stdin.write(b"go\n")
                sheet.stdin.flush()

            try:
                told(sheet.stdout, "sending")
                house.kill()
                interrupted = told(sheet.stdout, "interrupted")["counts"]
                house.start()
                go()
                searchable = told(sheet.stdout, "searchable")
                told(sheet.stdout, "deleting")
                house.kill()
                go()
                last = told(sheet.stdout, "not deleted")["last"]
                house.start()
                go()
                deleted = told(sheet.stdout, "deleted")
            finally:
                sheet.kill()
    assert 0 < interrupted.pop("waiting") < ROWS, interrupted
    assert searchable["found"] == ["row-0", "Pine cones open when it is dry"]
    assert searchable["counts"].keys() <= {"upserted", "unchanged"}
    assert "cannot be reached" in last
    assert deleted == {"event": "deleted", "left": ["row-1"], "found": False, "records": ROWS - 1}
