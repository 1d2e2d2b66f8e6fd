"""The writer of the table and of latest.json; what is measured is never a test."""

from __future__ import annotations

from pathlib import Path

import orjson

from bench.measuring import Reference, row, table, times_at_most, write


def test_a_row_is_written_to_the_table_and_to_the_file(tmp_path: Path):
    measured = row("a call", 3.0, "ms", Reference("bare", 2.0), times_at_most(1.2)).of("api")
    write([measured], tmp_path / "out" / "latest.json")
    assert (
        table([measured]).splitlines(),
        orjson.loads((tmp_path / "out" / "latest.json").read_bytes()),
    ) == (
        [
            "area  name    value  reference   ratio  goal     met",
            "api   a call  3 ms   bare: 2 ms  1.50   ≤ 1.2 x  NO",
        ],
        [
            {
                "area": "api",
                "name": "a call",
                "value": 3.0,
                "unit": "ms",
                "reference": "bare: 2 ms",
                "ratio": 1.5,
                "goal": "≤ 1.2 x",
                "met": False,
            }
        ],
    )
