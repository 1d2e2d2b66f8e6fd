from __future__ import annotations

import pytest

from bridge.formats import spreadsheet
from bridge.plugin import JSON


@pytest.mark.parametrize(
    ("output", "lines"),
    [
        (
            {
                "matches": [
                    {"id": "a", "score": 0.5, "metadata": {"year": 7}},
                    {"id": "b", "metadata": {"tags": ["x"]}},
                ]
            },
            ["id,score,metadata.year,metadata.tags", "a,0.5,7,", 'b,,,"[""x""]"'],
        ),
        (
            {"ready": True, "index": {"name": "docs", "tags": None}},
            ["ready,index.name,index.tags", "true,docs,"],
        ),
        ({"rows": [{"text": "=1+1"}, {"text": "two\nlines"}]}, ["text", "'=1+1", '"two\nlines"']),
        ({"matches": [{"id": "a", "metadata": {}}]}, ["id", "a"]),
        ({"matches": []}, [""]),
    ],
)
def test_an_output_is_written_as_a_table(output: JSON, lines: list[str]) -> None:
    assert spreadsheet.table(output) == "".join(f"{line}\r\n" for line in lines)
