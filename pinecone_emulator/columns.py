"""Owns metadata in memory: one dictionary-coded column a field, so that a filter is a few array look-ups.

Each distinct value of a field has a code; the column holds a code a slot (0: no such field). An operator is decided
once per distinct value and then spread over the slots. Numbers are float64, as in the service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pinecone_emulator.grow import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

Key = str | float | tuple[str, ...]

COMPARISONS: dict[str, Callable[[Any, float], Any]] = {
    "$gt": np.greater,
    "$gte": np.greater_equal,
    "$lt": np.less,
    "$lte": np.less_equal,
}
#: Booleans are keyed apart: True equals 1 in Python, not in a metadata filter.
BOOLEANS: dict[bool, tuple[str, ...]] = {True: ("\0true",), False: ("\0false",)}


class Field:
    """One metadata field of one namespace."""

    def __init__(self) -> None:
        self.codes = Column(np.int32)
        self._numbers = Column(np.float64)
        self._numbers.reserve(1)[0] = np.nan
        self._code_of: dict[Key, int] = {}
        self._lists_with: dict[str, list[int]] = {}

    def put(self, slot: int, value: Any) -> None:
        """Store a valid metadata value."""
        self.codes.reserve(slot + 1)[slot] = self._code(value)

    def clear(self, slot: int) -> None:
        """Forget the slot's value."""
        self.codes.reserve(slot + 1)[slot] = 0

    def _code(self, value: Any) -> int:
        key = _key(value)
        code = self._code_of.get(key)
        if code is None:
            code = self._code_of[key] = len(self._code_of) + 1
            self._numbers.reserve(code + 1)[code] = key if isinstance(key, float) else np.nan
            if isinstance(value, list):
                for member in set(value):
                    self._lists_with.setdefault(member, []).append(code)
        return code

    def equal(self, operands: Iterable[Any], count: int) -> NDArray[np.bool_]:
        """Return which slots hold one of the operands, or a list with one of them in it."""
        table = np.zeros(len(self._code_of) + 1, np.bool_)
        for operand in operands:
            code = self._code_of.get(_key(operand))
            if code is not None:
                table[code] = True
            if isinstance(operand, str):
                table[self._lists_with.get(operand, [])] = True
        return self._spread(table, count)

    def compare(self, operator: str, operand: float, count: int) -> NDArray[np.bool_]:
        """Return which slots hold a number that stands in this relation to the operand."""
        table: NDArray[np.bool_] = COMPARISONS[operator](self._numbers.first(len(self._code_of) + 1), operand)
        return self._spread(table, count)

    def _spread(self, table: NDArray[np.bool_], count: int) -> NDArray[np.bool_]:
        passed: NDArray[np.bool_] = table[self.codes.first(count)]
        return passed

    def exists(self, count: int) -> NDArray[np.bool_]:
        """Return which slots have this field."""
        present: NDArray[np.bool_] = self.codes.first(count) != 0
        return present


class Columns:
    """The metadata fields of one namespace."""

    def __init__(self) -> None:
        self._fields: dict[str, Field] = {}

    def put(self, slot: int, metadata: dict[str, Any], *, fresh: bool) -> None:
        """Store a record's metadata; `fresh` says that the slot held nothing before."""
        if not fresh:
            self.clear(slot)
        for name, value in metadata.items():
            field = self._fields.get(name)
            if field is None:
                field = self._fields[name] = Field()
            field.put(slot, value)

    def clear(self, slot: int) -> None:
        """Forget a slot's metadata."""
        for field in self._fields.values():
            field.clear(slot)

    def names(self, count: int) -> list[str]:
        """Return the fields that at least one of the first `count` slots has, sorted."""
        return sorted(name for name, field in self._fields.items() if field.exists(count).any())

    def test(self, name: str, operator: str, operand: Any, count: int) -> NDArray[np.bool_]:
        """Return which of the first `count` slots pass one operator on one field."""
        field = self._fields.get(name)
        if field is None:
            field = Field()
        match operator:
            case "$eq":
                return field.equal([operand], count)
            case "$ne":
                return ~field.equal([operand], count)
            case "$in":
                return field.equal(operand, count)
            case "$nin":
                return ~field.equal(operand, count)
            case "$exists":
                return field.exists(count) if operand else ~field.exists(count)
            case _:
                return field.compare(operator, operand, count)


def _key(value: Any) -> Key:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return BOOLEANS[value]
    if isinstance(value, list):
        return tuple(value)
    return float(value)
