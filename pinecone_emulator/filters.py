"""Owns metadata filters: which are valid, and which records pass.

Docs: "Filter by metadata". A record without a field passes `$ne` and `$nin` on it, as their complement.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pinecone_emulator import limits
from pinecone_emulator.errors import InvalidArgumentError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pinecone_emulator.columns import Columns

OPERATORS = ("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$exists")


@dataclass(frozen=True, slots=True)
class Condition:
    """One operator on one field."""

    field: str
    operator: str
    operand: Any

    def mask(self, columns: Columns, count: int) -> NDArray[np.bool_]:
        """Return which of the first `count` slots pass."""
        return columns.test(self.field, self.operator, self.operand, count)


@dataclass(frozen=True, slots=True)
class Every:
    """Every part must pass; with no parts everything passes."""

    parts: tuple[Filter, ...]

    def mask(self, columns: Columns, count: int) -> NDArray[np.bool_]:
        """Return which of the first `count` slots pass."""
        passed = np.ones(count, np.bool_)
        for part in self.parts:
            passed &= part.mask(columns, count)
        return passed


@dataclass(frozen=True, slots=True)
class Either:
    """At least one part must pass."""

    parts: tuple[Filter, ...]

    def mask(self, columns: Columns, count: int) -> NDArray[np.bool_]:
        """Return which of the first `count` slots pass."""
        passed = np.zeros(count, np.bool_)
        for part in self.parts:
            passed |= part.mask(columns, count)
        return passed


@dataclass(frozen=True, slots=True)
class Not:
    """The part must not pass."""

    part: Filter

    def mask(self, columns: Columns, count: int) -> NDArray[np.bool_]:
        """Return which of the first `count` slots pass."""
        return ~self.part.mask(columns, count)


Filter = Condition | Every | Either | Not


def parse(expression: dict[str, Any]) -> Filter:
    """Read a filter expression; an empty one lets everything pass. Raises InvalidArgumentError."""
    return _expression(expression, 0)


def _expression(expression: Any, depth: int) -> Filter:
    if not isinstance(expression, dict):
        raise InvalidArgumentError("A filter must be an object of fields and operators.")
    if depth > limits.FILTER_DEPTH:
        raise InvalidArgumentError(f"A filter may be nested at most {limits.FILTER_DEPTH} deep.")
    parts = tuple(_clause(key, value, depth) for key, value in expression.items())
    return parts[0] if len(parts) == 1 else Every(parts)


def _clause(key: str, value: Any, depth: int) -> Filter:
    if key in {"$and", "$or"}:
        if not isinstance(value, list) or not value:
            raise InvalidArgumentError(
                f"The {key} operator must be followed by a list of one or more filters."
            )
        parts = tuple(_expression(part, depth + 1) for part in value)
        return Every(parts) if key == "$and" else Either(parts)
    if key.startswith("$"):
        raise InvalidArgumentError(
            f"Invalid filter: {key} is not allowed here; only $and, $or and fields are."
        )
    if not isinstance(value, dict):
        return Condition(key, "$eq", _scalar(key, "$eq", value))
    return _field(key, value, depth)


def _field(name: str, operators: dict[str, Any], depth: int) -> Filter:
    if not operators:
        raise InvalidArgumentError(f"Invalid filter: the field {name!r} needs at least one operator.")
    if depth > limits.FILTER_DEPTH:
        raise InvalidArgumentError(f"A filter may be nested at most {limits.FILTER_DEPTH} deep.")
    parts: list[Filter] = []
    for operator, operand in operators.items():
        if operator == "$not":
            if not isinstance(operand, dict):
                raise InvalidArgumentError("The $not operator must be followed by an object of operators.")
            parts.append(Not(_field(name, operand, depth + 1)))
        elif operator in OPERATORS:
            parts.append(Condition(name, operator, _operand(name, operator, operand)))
        else:
            raise InvalidArgumentError(f"Invalid filter: {operator[:80]!r} is not a valid operator.")
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def _operand(name: str, operator: str, operand: Any) -> Any:
    if operator in {"$in", "$nin"}:
        if not isinstance(operand, list):
            raise InvalidArgumentError(
                f"The {operator} operator must be followed by a list of strings or numbers."
            )
        if len(operand) > limits.FILTER_VALUES:
            raise InvalidArgumentError(
                f"The {operator} operator takes at most {limits.FILTER_VALUES} values."
            )
        return [_scalar(name, operator, value) for value in operand]
    if operator == "$exists":
        if not isinstance(operand, bool):
            raise InvalidArgumentError("The $exists operator must be followed by a boolean.")
        return operand
    if operator in {"$eq", "$ne"}:
        return _scalar(name, operator, operand)
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        raise InvalidArgumentError(
            f"The {operator} operator must be followed by a number, got {operand!r:.80}."
        )
    return float(operand)


def _scalar(name: str, operator: str, value: Any) -> Any:
    if isinstance(value, str | bool | int | float):
        return value
    raise InvalidArgumentError(
        f"The {operator} operator on the field {name[:80]!r} takes a string, a number or a boolean, got {value!r:.80}."
    )
