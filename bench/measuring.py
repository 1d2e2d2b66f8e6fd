"""One measured row: its value, the reference it is compared with, its goal, and how a list of rows is written."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NamedTuple

import orjson
import psutil

DIGITS = 4
TITLES = ("area", "name", "value", "reference", "ratio", "goal", "met")


class Reference(NamedTuple):
    """What a value is compared with: measured in the same run, in the same unit."""

    name: str
    value: float


class Goal(NamedTuple):
    """What is aimed at: in words, and as a judgement of the value and the reference's value."""

    text: str
    is_met: Callable[[float, float], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, and one object of latest.json. ratio = value / the reference's value."""

    area: str
    name: str
    value: float | None
    unit: str
    reference: str | None = None
    ratio: float | None = None
    goal: str | None = None
    met: bool | None = None

    def of(self, area: str) -> Row:
        """Return the row with its area, which the functions that measure leave open."""
        return replace(self, area=area)


def row(
    name: str, value: float, unit: str, reference: Reference | None = None, goal: Goal | None = None
) -> Row:
    """Make a row: the ratio and whether the goal is met follow from the rest."""
    return Row(
        area="",
        name=name,
        value=rounded(value),
        unit=unit,
        reference=f"{reference.name}: {_shown(reference.value)} {unit}" if reference else None,
        ratio=rounded(value / reference.value) if reference and reference.value else None,
        goal=goal.text if goal else None,
        met=goal.is_met(value, reference.value if reference else 0) if goal else None,
    )


def broken(name: str) -> Row:
    """Make the row of a measurement that did not come to its end."""
    return Row(area="", name=name, value=None, unit="", goal="comes to an end", met=False)


def at_most(limit: float) -> Goal:
    """Aim at a value."""
    return Goal(f"≤ {limit:g}", lambda value, _: value <= limit)


def times_at_most(factor: float, plus: float = 0) -> Goal:
    """Aim at a multiple of the reference, with a fixed allowance in the row's unit."""
    allowance = f" + {plus:g}" if plus else ""
    return Goal(f"≤ {factor:g} x{allowance}", lambda value, other: value <= factor * other + plus)


def times_at_least(factor: float) -> Goal:
    """Aim at no less than a share of the reference."""
    return Goal(f"≥ {factor:g} x", lambda value, other: value >= factor * other)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that so many percent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def median(values: Sequence[float]) -> float:
    """Return the middle value."""
    return percentile(values, 50)


def cpu_seconds(*pids: int) -> float:
    """Return the CPU time that these processes and all they started have used so far."""
    return sum(sum(process.cpu_times()[:2]) for process in _trees(pids))


def resident_bytes(*pids: int) -> int:
    """Return the resident memory of these processes and all they started, added up."""
    return sum(process.memory_info().rss for process in _trees(pids))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text in columns."""
    lines = [TITLES, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def write(rows: Sequence[Row], path: Path) -> None:
    """Write the rows as a JSON list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps([asdict(one) for one in rows], option=orjson.OPT_INDENT_2) + b"\n")


def rounded(value: float) -> float:
    """Return a value with as many digits as a measurement deserves."""
    return float(f"{value:.{DIGITS}g}")


def _trees(pids: Sequence[int]) -> list[psutil.Process]:
    roots = [psutil.Process(pid) for pid in pids]
    return [*roots, *(child for root in roots for child in root.children(recursive=True))]


def _cells(one: Row) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[one.met]
    value = "failed" if one.value is None else f"{_shown(one.value)} {one.unit}"
    ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
    return (one.area, one.name, value, one.reference or "", ratio, one.goal or "", met)


def _shown(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
