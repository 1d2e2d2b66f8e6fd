"""What a cell of a spreadsheet means: its column's type, declared or inferred, and its value in that type.

Pinecone keeps strings, numbers, booleans and lists of strings. An empty cell is no value.
"""

from __future__ import annotations

import json
import math
import re
import struct
from collections.abc import Iterable
from typing import Any, Final, Literal

import orjson

from bridge.plugin import Numbers, Written

Kind = Literal["string", "number", "boolean", "list"]
NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d+)?")
"""What is read as a number where nothing is declared: no leading zeros, which belong to codes, no huge ones."""
BEYOND_NUMBERS: Final = ("r", "l", '"', "[", "{")
"""What any JSON value has in it that is neither a number nor a list of them alone (t*r*ue, fa*l*se, nu*l*l)."""
MAX_FLOAT32: Final = 3.4028235e38
MAX_WHOLE: Final = 1e15
"""Below it a float tells every whole number apart."""
LONGEST_NUMBER: Final = len("-2.2250738585072014e-308,")
"""Bytes that a number of a list takes at most where it is written as short as can be."""
BOOLEANS: Final = {"true": True, "false": False}
DECLARED_BOOLEANS: Final = {**BOOLEANS, "yes": True, "no": False, "1": True, "0": False}


def is_empty(cell: Any) -> bool:
    """Whether there is nothing in it."""
    return cell is None or (isinstance(cell, str) and not cell.strip()) or cell == []


def inferred(cells: Iterable[Any]) -> Kind:
    """Return the type that all cells of a column have; a column of several types is of strings."""
    kinds = {kind for cell in cells for kind in kinds_of(cell)}
    return kinds.pop() if len(kinds) == 1 else "string"


def kinds_of(cell: Any) -> set[Kind]:
    """Return the type of a cell, none of an empty one."""
    return set() if is_empty(cell) else {_kind(cell)}


def _kind(cell: Any) -> Kind:
    if isinstance(cell, bool) or (isinstance(cell, str) and cell.strip().lower() in BOOLEANS):
        return "boolean"
    if isinstance(cell, int | float) or (isinstance(cell, str) and NUMBER.fullmatch(cell.strip())):
        return "number"
    return "list" if isinstance(cell, list) else "string"


def coerced(cell: Any, kind: Kind) -> str | float | bool | list[str]:
    """Return a cell that is not empty as a value of this type. Raises ValueError, saying why it is none."""
    if isinstance(cell, dict):
        raise ValueError("is an object; a cell is text, a number, a boolean or a list")  # noqa: TRY004 - one error for cells
    if kind == "number":
        return _number(cell)
    if kind == "boolean":
        word = written(cell).lower()
        if word not in DECLARED_BOOLEANS:
            raise ValueError("is no boolean: true or false")
        return DECLARED_BOOLEANS[word]
    if kind == "list":
        return _list(cell)
    return written(cell)


def written(cell: Any) -> str:
    """Return a cell as text: 12.0 is 12, as a spreadsheet shows it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.strip() if isinstance(cell, str) else json.dumps(cell, ensure_ascii=False)


def numbers(cell: Any) -> tuple[Numbers, bytes]:
    """Return a vector, and as Pinecone keeps it, in floats of 32 bits. Raises ValueError.

    cell: a list of numbers, or one written as `[0.1, 0.2]` or `0.1, 0.2`.
    """
    if not isinstance(cell, str):
        return _packed(_numbers(cell))
    text = cell.strip().removeprefix("[").removesuffix("]")
    return as_written(text) or _packed(_listed(text))


def as_written(text: str) -> tuple[Written, bytes] | None:
    """Return what `numbers` does of the inside of a JSON list that is as it should be; None of anything else."""
    import numpy as np  # noqa: PLC0415 - 20 MB, and few processes are given files with vectors
    import simdjson  # noqa: PLC0415 - same

    if "[" in text:  # lists within the list would be read as if they were not there
        return None
    try:
        written = f"[{text}]".encode()
        # A parser that is used again would overwrite what it gave before.
        listed: Any = simdjson.Parser().parse(written)
        values = np.frombuffer(listed.as_buffer(of_type="d"))
    except (ValueError, TypeError, RuntimeError):
        return None
    fits = len(written) <= LONGEST_NUMBER * len(values) and 0 < abs(values).max() <= MAX_FLOAT32
    return (Written(written, len(values)), values.astype("<f4").tobytes()) if fits else None


def _packed(values: list[float]) -> tuple[list[float], bytes]:
    try:
        packed = struct.pack(f"<{len(values)}f", *values)
    except (OverflowError, struct.error):
        raise ValueError("has a number beyond those of 32 bits") from None
    if not any(values):
        raise ValueError("is zero throughout: it points nowhere")
    return values, packed


def _listed(text: str) -> list[float]:
    try:  # as JSON it is read a hundred times as fast
        parts: list[Any] = orjson.loads(f"[{text}]")
    except orjson.JSONDecodeError:
        return _numbers([part for part in re.split(r"[\s,;]+", text) if part])
    # JSON in which no true, false, null, text, list or object begins is of numbers: what each is need not be asked.
    return parts if parts and not any(mark in text for mark in BEYOND_NUMBERS) else _numbers(parts)


def _numbers(parts: Any) -> list[float]:
    if not isinstance(parts, list) or not parts:
        raise ValueError("is no list of numbers")
    return parts if {*map(type, parts)} <= {float, int} else [_number(part) for part in parts]


def _number(cell: Any) -> float:
    try:
        value = cell if isinstance(cell, int | float) else float(written(cell))
    except ValueError:
        raise ValueError("is no number") from None
    if isinstance(cell, bool) or not math.isfinite(value) or abs(value) > MAX_FLOAT32:
        raise ValueError("is no number")
    return int(value) if float(value).is_integer() and abs(value) < MAX_WHOLE else float(value)


def _list(cell: Any) -> list[str]:
    if isinstance(cell, str) and cell.strip().startswith("["):
        try:
            cell = json.loads(cell)
        except json.JSONDecodeError:
            raise ValueError("begins like a JSON list and is none") from None
    if isinstance(cell, list):
        return [written(part) for part in cell if not is_empty(part)]
    return [part.strip() for part in written(cell).split(",") if part.strip()]
