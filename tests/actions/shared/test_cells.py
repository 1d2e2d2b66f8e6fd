from __future__ import annotations

import struct
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.shared import cells
from bridge.plugin import Written


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


def understood(cell: Any) -> tuple[list[float], bytes] | str:
    """What a cell says as a vector, whichever way it was read, or why it is none."""
    try:
        values, packed = cells.numbers(cell)
    except ValueError as error:
        return str(error)
    listed = orjson.loads(values.text) if isinstance(values, Written) else values
    assert len(values) == len(listed)
    return listed, packed


@pytest.mark.parametrize("cell", [[0.1, 0.2], "[0.1, 0.2]", "0.1,0.2", "0.1 0.2", ["0.1", "0.2"], "0.1;0.2"])
def test_a_vector_is_read_however_it_is_written(cell: Any) -> None:
    assert understood(cell) == ([0.1, 0.2], struct.pack("<2f", 0.1, 0.2))


@pytest.mark.parametrize("text", ["1", "0.10, -2E0", " 1e-400,\n1", "-0.0,3.4028235e38", "9007199254740993"])
def test_numbers_of_a_json_list_stay_as_they_were_written(text: str) -> None:
    values, _ = cells.numbers(f" [{text}] ")
    assert isinstance(values, Written)
    assert values.text == f"[{text}]".encode()


@pytest.mark.parametrize(
    "text",
    [
        *["", "true, 1", "1, false", "null, 1", '"1"', "{}", "1,{}", "[1]", "1]", "1,[2]", "1,[]", "1],[2"],
        *["0, 0", "1,", "01", "+1", ".5", "1.", "NaN", "Infinity", "1 2", "1;2", "1\0", "\ufeff1", "\ud800"],
        *["1e39", "-1e200", "1e400", "18446744073709551616", "-9223372036854775809", "0." + "1" * 30],
    ],
)
def test_what_is_no_plain_list_of_numbers_is_left_to_who_says_what_it_is(text: str) -> None:
    assert cells.as_written(text) is None


NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(-2, 2).map("{:.6f}".format),
    st.integers(-(2**65), 2**65).map(str),
    st.sampled_from(["0", "-0", "-0.0", "1E5", "1e-400", "3.4028235e38", "3.4028236e38", "0.1000"]),
)
ODD = st.sampled_from(["true", "null", '"1"', "[2]", "[]", "{}", "NaN", "01", "1.", "+1", "", " ", "1e400"])
LISTS = st.builds(
    lambda separator, parts, before, after: before + separator.join(parts) + after,
    st.sampled_from([",", ", ", ",\n", ";", " "]),
    st.lists(NUMBERS | NUMBERS | NUMBERS | ODD, max_size=6),
    st.sampled_from(["", " ", "[", "[["]),
    st.sampled_from(["", " ", "]", "]]", ","]),
)


@given(LISTS | st.text('0123456789.,eE+-[]{}" ', max_size=12))
def test_a_text_says_what_the_list_that_is_written_there_says(text: str) -> None:
    inner = text.strip().removeprefix("[").removesuffix("]")
    try:
        listed = orjson.loads(f"[{inner}]")
    except orjson.JSONDecodeError:
        assert cells.as_written(inner) is None
    else:
        assert understood(text) == understood(listed)


@pytest.mark.parametrize(
    "cell",
    ["[]", "a,b", [[1]], {"a": 1}, 7, "0, 0", [None], "[[1]]", "true, 1", "1, false", "null, 1", "1, {}"],
)
def test_what_is_no_vector_is_refused(cell: Any) -> None:
    with pytest.raises(ValueError, match=r"is no|is zero"):
        cells.numbers(cell)
