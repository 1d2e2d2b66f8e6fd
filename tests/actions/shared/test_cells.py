from __future__ import annotations

import struct
from typing import Any

import pytest

from actions.shared import cells


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (["1", 2, "-3.5", None, ""], "number"),
        (["007", "12"], "string"),
        (["1", "x"], "string"),
        (["1234567890123456"], "string"),
        (["1e5"], "string"),
        (["TRUE", False], "boolean"),
        (["yes", "no"], "string"),
        ([True, 1], "string"),
        ([["a"], ["b", "c"]], "list"),
        ([None, " "], "string"),
    ],
)
def test_a_columns_type_is_that_of_all_its_values(column: list[Any], kind: str) -> None:
    assert cells.inferred(column) == kind


@pytest.mark.parametrize(
    ("cell", "kind", "value"),
    [
        (" 12 ", "number", 12),
        ("1.5e3", "number", 1500),
        (7, "string", "7"),
        (7.0, "string", "7"),
        (7.25, "string", "7.25"),
        (True, "string", "true"),
        ("Yes", "boolean", True),
        (0, "boolean", False),
        ("a, b ,,c", "list", ["a", "b", "c"]),
        ('["a", 1]', "list", ["a", "1"]),
        ([1, None, "b"], "list", ["1", "b"]),
        (" x ", "string", "x"),
    ],
)
def test_a_cell_becomes_a_value_of_its_type(cell: Any, kind: cells.Kind, value: Any) -> None:
    coerced = cells.coerced(cell, kind)
    assert (coerced, type(coerced)) == (value, type(value))


@pytest.mark.parametrize(
    ("cell", "kind", "why"),
    [
        ("twelve", "number", "is no number"),
        (True, "number", "is no number"),
        ("nan", "number", "is no number"),
        ("inf", "number", "is no number"),
        ("1e39", "number", "is no number"),
        ("maybe", "boolean", "is no boolean"),
        ('["a"', "list", "begins like a JSON list"),
        ({"a": 1}, "string", "is an object"),
    ],
)
def test_a_cell_that_is_none_of_its_type_says_why(cell: Any, kind: cells.Kind, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        cells.coerced(cell, kind)


@pytest.mark.parametrize("cell", [[0.1, 0.2], "[0.1, 0.2]", "0.1,0.2", "0.1 0.2", ["0.1", "0.2"], "0.1;0.2"])
def test_a_vector_is_read_however_it_is_written(cell: Any) -> None:
    assert cells.numbers(cell) == ([0.1, 0.2], struct.pack("<2f", 0.1, 0.2))


@pytest.mark.parametrize(
    "cell",
    ["[]", "a,b", [[1]], {"a": 1}, 7, "0, 0", [None], "[[1]]", "true, 1", "1, false", "null, 1", "1, {}"],
)
def test_what_is_no_vector_is_refused(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"is no|is zero"):
        cells.numbers(cell)
